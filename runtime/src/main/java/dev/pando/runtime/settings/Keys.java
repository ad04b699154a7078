package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Reads one group of keys so that whatever is wrong with one names its path, its file and its line.
///
/// @param config the whole config
/// @param path of the group, `pando.job.model`
/// @param read collects the paths of the keys that were asked for
record Keys(Config config, String path, Set<String> read) {
    Keys at(String group) {
        return new Keys(config, path + "." + group, read);
    }

    int integer(String key) {
        return get(key, "a whole number", path -> Math.toIntExact(wholeAt(path)));
    }

    long whole(String key) {
        return get(key, "a whole number", this::wholeAt);
    }

    private long wholeAt(String path) {
        double value = config.getDouble(path); // the library would cut 1.5 down to 1
        if (value != Math.rint(value)) {
            throw new ArithmeticException(value + " is not whole");
        }
        return config.getLong(path);
    }

    double number(String key) {
        return get(key, "a number", config::getDouble);
    }

    boolean flag(String key) {
        return get(key, "true or false", config::getBoolean);
    }

    long bytes(String key) {
        return get(key, "a size, as in 512 MiB", config::getBytes);
    }

    double seconds(String key) {
        return get(key, "a time, as in 90 s or 12 h", config::getDuration).toNanos() / 1e9;
    }

    /// Whether a key that may be a number is that word instead.
    boolean isText(String key, String word) {
        return word.equals(get(key, "a number or " + word, config::getString));
    }

    String text(String key) {
        return get(key, "a text", config::getString);
    }

    List<String> texts(String key) {
        return List.copyOf(get(key, "a list of texts, as in [\"a\", \"b\"]", config::getStringList));
    }

    Optional<String> optionalText(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(text(key));
    }

    OptionalInt optionalInteger(String key) {
        return isNull(key) ? OptionalInt.empty() : OptionalInt.of(integer(key));
    }

    OptionalLong optionalWhole(String key) {
        return isNull(key) ? OptionalLong.empty() : OptionalLong.of(whole(key));
    }

    Optional<Double> optionalNumber(String key) {
        return isNull(key) ? Optional.empty() : Optional.of(number(key));
    }

    /// Builds a record whose own constructor checks it; its complaint names keys of this group, most to the point
    /// first.
    <T> T build(Supplier<T> record) {
        try {
            return record.get();
        } catch (IllegalArgumentException refused) {
            String sentence = refused.getMessage();
            Optional<String> blamed = blame(sentence);
            String subject = sentence.split(" ", 2)[0];
            if (blamed.isPresent() && key(subject).equals(blamed.get())) {
                throw wrong(blamed.get(), sentence.substring(subject.length() + 1), refused);
            }
            String key = blamed.map(this::full).orElse(path);
            throw new UserError(
                    ConfigOrigins.of(ConfigOrigins.origin(config, key)) + ": " + key + ": " + sentence, refused);
        }
    }

    /// The first key of a sentence that the user has written, or else the first.
    private Optional<String> blame(String sentence) {
        List<String> named =
                Stream.of(sentence.split("[^a-z0-9.-]+"))
                        .map(this::key)
                        .filter(key -> key.matches("[a-z].*[a-z0-9]") && config.hasPathOrNull(full(key)))
                        .toList();
        return named.stream()
                .filter(key -> !ConfigOrigins.isDefault(ConfigOrigins.origin(config, full(key))))
                .findFirst()
                .or(() -> named.stream().findFirst());
    }

    /// `checkpoint.keep` is `keep` in the group `pando.job.checkpoint`.
    private String key(String word) {
        String group = path.substring(path.lastIndexOf('.') + 1) + ".";
        return word.startsWith(group) ? word.substring(group.length()) : word;
    }

    /// Checks what no record's constructor can see.
    void require(boolean holds, String key, Supplier<String> complaint) {
        if (!holds) {
            throw wrong(key, complaint.get(), null);
        }
    }

    /// `examples/a.conf:7: pando.job.workers must be at least 1, not 0`
    private UserError wrong(String key, String complaint, Throwable cause) {
        return new UserError(
                ConfigOrigins.of(ConfigOrigins.origin(config, full(key))) + ": " + full(key) + " " + complaint, cause);
    }

    private <T> T get(String key, String expected, Function<String, T> getter) {
        read.add(full(key));
        try {
            return getter.apply(full(key));
        } catch (ConfigException.WrongType | ConfigException.BadValue | ArithmeticException refused) {
            throw wrong(key, "must be " + expected + ", not " + shown(key), refused);
        } catch (ConfigException.Null refused) {
            throw wrong(key, "must be " + expected + ", not null", refused);
        }
    }

    private boolean isNull(String key) {
        read.add(full(key));
        return config.getIsNull(full(key));
    }

    private String shown(String key) {
        ConfigValue value = config.getValue(full(key));
        return value.valueType() == ConfigValueType.OBJECT ? "a group of keys" : value.render();
    }

    private String full(String key) {
        return path + "." + key;
    }
}
