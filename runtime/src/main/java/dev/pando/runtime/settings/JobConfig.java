package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a person wrote about a job, before defaults: a file, and options of the command line that weigh more.
///
/// Later options win over earlier ones, and all of them over the file.
public final class JobConfig {
    private static final String ROOT = "pando";
    private static final String JOB = "pando.job";
    private static final String SYSTEM = "pando.system";

    /// Groups whose keys belong to others.
    private static final Set<String> OPEN = Set.of(SYSTEM, "pando.grove.system");

    private static final Pattern PARSE_ERROR = Pattern.compile("(?s)(.*?): (\\d+): (.*)");

    /// Text that is no list, object, quoted string or reference, and has in it what HOCON wants quoted.
    private static final Pattern UNQUOTED = Pattern.compile("(?s)\\s*[^\\s\\[{\"$][^\"{$]*(:|#|//)[^\"{$]*");

    private final Config layers;

    private JobConfig(Config layers) {
        this.layers = layers;
    }

    /// A job's file. It may hold `pando` alone: a typo in its first word is a typo, too.
    public static JobConfig file(Path file) {
        if (!Files.exists(file)) {
            throw new UserError("there is no file " + file);
        }
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new UserError(file + " is not a file that can be read");
        }
        ConfigParseOptions strictly = ConfigParseOptions.defaults().setAllowMissing(false);
        return new JobConfig(parsing(() -> ConfigFactory.parseFile(file.toFile(), strictly)));
    }

    /// Config of a host, which holds much that is not ours, JVM properties included: only `pando.job` and
    /// `pando.system` count.
    public static JobConfig host(Config config) {
        if (!config.hasPath(JOB)) {
            throw new UserError("the config has no " + JOB + " that would say what to train");
        }
        Config ours = config.withOnlyPath(JOB);
        return new JobConfig(config.hasPath(SYSTEM) ? config.withOnlyPath(SYSTEM).withFallback(ours) : ours);
    }

    /// HOCON text.
    ///
    /// @param origin what errors call it
    public static JobConfig text(String origin, String hocon) {
        return new JobConfig(
                parsing(() ->
                        ConfigFactory.parseString(hocon, ConfigParseOptions.defaults().setOriginDescription(origin))));
    }

    /// Defaults alone.
    public static JobConfig nothing() {
        return new JobConfig(ConfigFactory.empty());
    }

    /// An override as on the command line: `path=value`, its path within `pando.job` or from the root.
    public JobConfig set(String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            throw new UserError(
                    "--set " + assignment + ": write path=value, as in --set optimizer.peak-learning-rate=1e-3");
        }
        String option = "--set " + assignment;
        return with(option, assignment.substring(0, equals).strip(), value(option, assignment.substring(equals + 1)));
    }

    /// HOCON, but for addresses and paths as people write them, `s3://bucket/run`: there HOCON sees a key or a comment.
    private static ConfigValue value(String option, String text) {
        if (UNQUOTED.matcher(text).matches()) {
            return ConfigValueFactory.fromAnyRef(text.strip(), option);
        }
        ConfigParseOptions options = ConfigParseOptions.defaults().setOriginDescription(option);
        return parsing(() -> ConfigFactory.parseString("v = " + text, options)).root().get("v");
    }

    /// An override by a dedicated option.
    ///
    /// @param option as the user knows it, `--steps 20`
    public JobConfig with(String option, String path, Object value) {
        return with(option, path, ConfigValueFactory.fromAnyRef(value, option));
    }

    private JobConfig with(String option, String path, ConfigValue value) {
        try {
            List<String> keys = new ArrayList<>(ConfigUtil.splitPath(path));
            if (!keys.getFirst().equals(ROOT)) {
                keys.addAll(0, List.of("pando", "job"));
            }
            ConfigValue nested = value;
            for (String key : keys.reversed()) {
                nested = ConfigValueFactory.fromMap(Map.of(), option).withValue(key, nested);
            }
            return new JobConfig(((ConfigObject) nested).toConfig().withFallback(layers));
        } catch (ConfigException refused) {
            throw new UserError(option + ": " + path + " is not the path of a key", refused);
        }
    }

    /// Whether a key within `pando.job` was written, and is not left to its default.
    public boolean says(String key) {
        return layers.hasPath(JOB + "." + key);
    }

    /// With defaults below; unknown keys are refused.
    public Config whole() {
        Config reference = Reference.pando();
        Config resolved = parsing(() -> layers.withFallback(reference).resolve());
        KnownKeys known = new KnownKeys(reference.root(), OPEN);
        known.check(parsing(() -> layers.resolveWith(resolved)).root());
        return resolved;
    }

    /// Settings of the job.
    public Settings settings() {
        return Settings.of(whole());
    }

    private static <T> T parsing(Supplier<T> parse) {
        try {
            return parse.get();
        } catch (ConfigException.Parse refused) {
            throw new UserError(sentence(refused), refused);
        } catch (ConfigException refused) {
            throw new UserError(refused.getMessage(), refused);
        }
    }

    /// The parser's message in the form `file:line: what`.
    private static String sentence(ConfigException refused) {
        Matcher matcher = PARSE_ERROR.matcher(refused.getMessage());
        if (!matcher.matches()) {
            return refused.getMessage();
        }
        String what = matcher.group(3).strip().replace("a close parentheses ')'", "a closing brace '}'");
        return matcher.group(1) + (matcher.group(1).startsWith("--") ? "" : ":" + matcher.group(2)) + ": " + what;
    }
}
