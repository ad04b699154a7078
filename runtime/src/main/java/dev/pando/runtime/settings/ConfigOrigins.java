package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;

/// Says where in the user's files something stands, in the form that editors jump to.
final class ConfigOrigins {
    private static final String DEFAULTS = "reference.conf";

    private ConfigOrigins() {}

    /// `examples/quickstart.conf:7`, or the option of the command line it came from.
    static String of(ConfigOrigin origin) {
        String where =
                isDefault(origin) ? DEFAULTS : origin.filename() != null ? shortest(origin.filename()) : option(origin);
        boolean hasLine = origin.lineNumber() > 0 && !where.startsWith("-");
        return hasLine ? where + ":" + origin.lineNumber() : where;
    }

    /// Whether it is one of Pando's defaults, written in no config.
    static boolean isDefault(ConfigOrigin origin) {
        return DEFAULTS.equals(origin.resource()) || origin.description().contains(DEFAULTS);
    }

    /// Origin of the value at a path, null values included, or of its nearest group that there is.
    static ConfigOrigin origin(Config config, String path) {
        ConfigObject group = config.root();
        for (String key : ConfigUtil.splitPath(path)) {
            ConfigValue value = group.get(key);
            if (value == null) {
                return group.origin();
            }
            if (!(value instanceof ConfigObject inner)) {
                return value.origin();
            }
            group = inner;
        }
        return group.origin();
    }

    private static String option(ConfigOrigin origin) {
        return origin.description().replaceFirst(": \\d+$", "");
    }

    private static String shortest(String file) {
        Path path = Path.of(file);
        Path here = Path.of("").toAbsolutePath();
        return path.isAbsolute() && path.startsWith(here) ? here.relativize(path).toString() : file;
    }
}
