package dev.pando.evaluation.task;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import dev.pando.evaluation.data.EvaluationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Supplier;

/// One object of a task file: hands out its keys, and refuses those that no one asked for, with file and line.
final class Section {
    private final ConfigObject object;
    private final String path;
    private final TreeSet<String> known = new TreeSet<>();

    Section(ConfigObject object, String path) {
        this.object = object;
        this.path = path;
    }

    String path() {
        return path;
    }

    boolean has(String key) {
        known.add(key);
        return object.containsKey(key);
    }

    Optional<String> text(String key) {
        return value(key).map(value -> text(key, value));
    }

    String text(String key, String otherwise) {
        return text(key).orElse(otherwise);
    }

    String needed(String key) {
        return text(key)
                .orElseThrow(() ->
                        new EvaluationException(
                                place(object.origin())
                                        + path
                                        + " needs "
                                        + key
                                        + "; docs/evaluation.md says what it is"));
    }

    /// A list of texts, or one text as a list of one.
    List<String> texts(String key) {
        return value(key)
                .map(value -> {
                    List<String> texts = new ArrayList<>();
                    for (ConfigValue each :
                            value instanceof com.typesafe.config.ConfigList list ? list : List.of(value)) {
                        texts.add(text(key, each));
                    }
                    return texts;
                })
                .orElse(List.of());
    }

    int integer(String key, int otherwise, int least) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text.get());
            if (number >= least) {
                return number;
            }
        } catch (NumberFormatException _) {
            // said below
        }
        throw wrong(key, "must be a whole number from " + least + " on, not \"" + text.get() + "\"");
    }

    double number(String key, double otherwise) {
        Optional<String> text = text(key);
        try {
            return text.isEmpty() ? otherwise : Double.parseDouble(text.get());
        } catch (NumberFormatException wrong) {
            throw wrong(key, "must be a number, not \"" + text.get() + "\"");
        }
    }

    boolean flag(String key, boolean otherwise) {
        String text = text(key, Boolean.toString(otherwise));
        return switch (text) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default -> throw wrong(key, "must be true or false, not \"" + text + "\"");
        };
    }

    /// One of an enum's constants, written as `in-small-letters`.
    <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return otherwise;
        }
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            String name = written(constant);
            if (name.equals(text.get())) {
                return constant;
            }
            names.add(name);
        }
        throw wrong(key, "is \"" + text.get() + "\"; it can be " + String.join(", ", names));
    }

    static String written(Enum<?> constant) {
        return constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    Optional<Section> section(String key) {
        return value(key)
                .map(value -> {
                    if (!(value instanceof ConfigObject inner)) {
                        throw wrong(key, "must be an object in braces");
                    }
                    return new Section(inner, path.isEmpty() ? key : path + "." + key);
                });
    }

    /// The objects of a list.
    List<ConfigObject> objects(String key) {
        return value(key)
                .map(value -> {
                    List<ConfigObject> objects = new ArrayList<>();
                    if (!(value instanceof com.typesafe.config.ConfigList list)) {
                        throw wrong(key, "must be a list of objects");
                    }
                    for (ConfigValue each : list) {
                        if (!(each instanceof ConfigObject inner)) {
                            throw wrong(key, "must be a list of objects");
                        }
                        objects.add(inner);
                    }
                    return objects;
                })
                .orElse(List.of());
    }

    /// Keys as they stand in the file, in the order of its lines; all of them are known by that.
    List<String> keys() {
        List<String> keys = new ArrayList<>(object.keySet());
        keys.sort(
                java.util.Comparator.<String>comparingInt(key -> object.get(key).origin().lineNumber())
                        .thenComparing(key -> key));
        known.addAll(keys);
        return keys;
    }

    /// Reads what a key holds; a mistake in it is said with file and line.
    <T> T read(String key, Supplier<T> reader) {
        try {
            return reader.get();
        } catch (EvaluationException wrong) {
            throw wrong(key, "cannot be: " + wrong.getMessage());
        }
    }

    EvaluationException wrong(String key, String sentence) {
        ConfigValue value = object.get(key);
        return new EvaluationException(
                place(value == null ? object.origin() : value.origin())
                        + (path.isEmpty() ? key : path + "." + key)
                        + " "
                        + sentence);
    }

    /// Refuses keys that nothing has asked for.
    void close() {
        for (String key : keys(object)) {
            if (!known.contains(key)) {
                throw wrong(key, "is no key of a task" + near(key));
            }
        }
    }

    private String near(String key) {
        return known.stream()
                .filter(each -> distance(each, key) <= Math.max(2, key.length() / 3))
                .min(java.util.Comparator.comparingInt(each -> distance(each, key)))
                .map(each -> "; did you mean " + each + "?")
                .orElse("; there are " + String.join(", ", known));
    }

    private static List<String> keys(ConfigObject object) {
        List<String> keys = new ArrayList<>(object.keySet());
        keys.sort(java.util.Comparator.comparingInt(key -> object.get(key).origin().lineNumber()));
        return keys;
    }

    private Optional<ConfigValue> value(String key) {
        known.add(key);
        return Optional.ofNullable(object.get(key)).filter(value -> value.valueType() != ConfigValueType.NULL);
    }

    private String text(String key, ConfigValue value) {
        if (value.valueType() == ConfigValueType.OBJECT || value.valueType() == ConfigValueType.LIST) {
            throw wrong(key, "must be a text");
        }
        return value.unwrapped().toString();
    }

    private static String place(ConfigOrigin origin) {
        String file = origin.filename() != null ? origin.filename() : origin.resource();
        return (file == null ? "" : file + ":") + (origin.lineNumber() > 0 ? origin.lineNumber() + ": " : " ");
    }

    private static int distance(String a, String b) {
        return dev.pando.evaluation.data.EditDistance.between(a, b);
    }
}
