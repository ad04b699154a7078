package dev.pando.runtime.settings;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Refuses unknown keys, since a typo that is silently ignored costs a night of training.
///
/// What is known is what the reference tree holds; a key is compared with its neighbours first, then with all others.
public final class KnownKeys {
    private final ConfigObject reference;
    private final Set<String> open;
    private final List<List<String>> paths = new ArrayList<>();

    /// @param reference the tree of all known keys
    /// @param open paths of groups that may hold any key
    KnownKeys(ConfigObject reference, Set<String> open) {
        this.reference = reference;
        this.open = open;
        collect(reference, List.of());
    }

    /// Refuses the first key of a written tree, in the order of its lines, that is not known.
    void check(ConfigObject written) {
        check(written, reference, List.of());
    }

    private void check(ConfigObject written, ConfigObject known, List<String> group) {
        List<String> keys = new ArrayList<>(written.keySet());
        keys.sort(
                Comparator.comparingInt((String key) -> written.get(key).origin().lineNumber())
                        .thenComparing(key -> key));
        for (String key : keys) {
            ConfigValue value = written.get(key);
            ConfigValue there = known.get(key);
            if (there == null && !known.containsKey(key)) {
                throw new UserError(
                        ConfigOrigins.of(value.origin())
                                + ": there is no key "
                                + full(with(group, key))
                                + "; "
                                + advice(group, key, known));
            }
            if (there instanceof ConfigObject inner) {
                if (!(value instanceof ConfigObject object)) {
                    throw new UserError(
                            ConfigOrigins.of(value.origin())
                                    + ": "
                                    + full(with(group, key))
                                    + " must be a group of keys, not "
                                    + value.render());
                }
                if (!open.contains(full(with(group, key)))) {
                    check(object, inner, with(group, key));
                }
            }
        }
    }

    private String advice(List<String> group, String key, ConfigObject known) {
        return nearest(known.keySet().stream().sorted().map(near -> with(group, near)).toList(), key)
                .or(() -> nearest(paths, key))
                .map(path -> "did you mean " + full(path) + "?")
                .orElseGet(() ->
                        "what there is"
                                + (group.isEmpty() ? "" : " in " + full(group))
                                + ": "
                                + String.join(", ", known.keySet().stream().sorted().toList()));
    }

    private static Optional<List<String>> nearest(List<List<String>> candidates, String key) {
        return candidates.stream()
                .filter(path -> distance(key, path.getLast()) <= tolerance(key))
                .min(Comparator.comparingInt(path -> distance(key, path.getLast())));
    }

    private static int tolerance(String key) {
        return Math.clamp(key.length() / 3, 1, 4);
    }

    /// Letters to insert, drop, change or swap; case, dashes and underscores are free.
    public static int distance(String left, String right) {
        return TypoDistance.between(plain(left), plain(right));
    }

    private static String plain(String key) {
        return key.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }

    private void collect(ConfigObject group, List<String> at) {
        for (String key : group.keySet().stream().sorted().toList()) {
            List<String> path = with(at, key);
            paths.add(path);
            if (group.get(key) instanceof ConfigObject inner) {
                collect(inner, path);
            }
        }
    }

    private static String full(List<String> path) {
        return ConfigUtil.joinPath(path);
    }

    private static List<String> with(List<String> group, String key) {
        List<String> path = new ArrayList<>(group);
        path.add(key);
        return List.copyOf(path);
    }
}
