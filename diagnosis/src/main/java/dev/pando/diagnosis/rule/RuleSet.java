package dev.pando.diagnosis.rule;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.DiagnosisException;
import dev.pando.diagnosis.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// All that is known about causes: rules in the order of their names, and what an exception's class says.
///
/// The rules of the jar lie in `rules.conf`, which documents their keys. A file of the same shape adds rules, changes
/// keys of those that exist, or turns one off by `enabled = false`.
public final class RuleSet {
    private final List<Rule> rules;
    private final Map<String, ErrorClass> classes;
    private final Map<String, Double> levels;
    private final Config source;
    private final String version;

    private RuleSet(
            List<Rule> rules,
            Map<String, ErrorClass> classes,
            Map<String, Double> levels,
            Config source,
            String version) {
        this.rules = List.copyOf(rules);
        this.classes = classes;
        this.levels = levels;
        this.source = source;
        this.version = version;
    }

    /// The rules of the jar.
    public static RuleSet standard() {
        return of(ConfigFactory.parseResources(RuleSet.class.getClassLoader(), "dev/pando/diagnosis/rules.conf"));
    }

    /// These rules under those of a file, which come first.
    public RuleSet with(Path file) {
        if (!Files.isReadable(file)) {
            throw new DiagnosisException("cannot read the rules " + file + ": there is no such file");
        }
        try {
            return with(ConfigFactory.parseFile(file.toFile()));
        } catch (ConfigException e) {
            throw new DiagnosisException("the rules " + file + " are not as they must be: " + e.getMessage(), e);
        }
    }

    /// These rules under others, which come first.
    public RuleSet with(Config others) {
        return of(others.withFallback(source));
    }

    /// These rules without those of some reasons, and without what a class says of them: for measuring what learning
    /// brings.
    public RuleSet without(Reason reason) {
        Map<String, ErrorClass> kept = new TreeMap<>(classes);
        kept.values().removeIf(known -> known.reason() == reason);
        return new RuleSet(
                rules.stream().filter(rule -> rule.reason() != reason).toList(), kept, levels, source, version);
    }

    /// These rules and some that were built by hand.
    public RuleSet and(List<Rule> more) {
        List<Rule> all = new ArrayList<>(rules);
        all.addAll(more);
        return new RuleSet(all, classes, levels, source, version + (more.isEmpty() ? "" : "+" + more.size()));
    }

    /// In the order of their names.
    public List<Rule> rules() {
        return rules;
    }

    /// What an exception's class says, by its simple name.
    public Optional<ErrorClass> ofClass(String name) {
        return Optional.ofNullable(classes.get(name));
    }

    /// The number behind a level's name.
    public double level(String name) {
        Double level = levels.get(name);
        if (level == null) {
            throw new DiagnosisException("there is no level " + name + "; the levels are " + levels.keySet());
        }
        return level;
    }

    /// First digits of the SHA-256 over all rules: part of every verdict.
    public String version() {
        return version;
    }

    private static RuleSet of(Config all) {
        Map<String, Double> levels = new TreeMap<>();
        all.getObject("levels").forEach((name, value) -> levels.put(name, ((Number) value.unwrapped()).doubleValue()));
        List<Rule> rules = new ArrayList<>();
        for (Map.Entry<String, ConfigValue> entry : new TreeMap<>(all.getObject("rules")).entrySet()) {
            Config config = ((ConfigObject) entry.getValue()).toConfig();
            if (!config.hasPath("enabled") || config.getBoolean("enabled")) {
                rules.add(rule(entry.getKey(), config, levels));
            }
        }
        return new RuleSet(rules, classes(all.getConfig("exceptions"), levels), levels, all, hash(all));
    }

    private static Rule rule(String id, Config config, Map<String, Double> levels) {
        try {
            return new Rule(
                    id,
                    reason(id, config.getString("reason")),
                    action(id, config.getString("action")),
                    level(id, config, levels),
                    strings(config, "any").stream().map(text -> text.toLowerCase(Locale.ROOT)).toList(),
                    Pattern.compile(config.getString("pattern")),
                    pattern(config, "near"),
                    pattern(config, "unless"),
                    pattern(config, "except"),
                    config.hasPath("yields") && config.getBoolean("yields"),
                    config.getString("says"),
                    strings(config, "yes"),
                    strings(config, "no"),
                    config.hasPath("author") ? config.getString("author") : "pando",
                    !config.hasPath("shadow") || !config.getBoolean("shadow"));
        } catch (ConfigException | PatternSyntaxException e) {
            throw new DiagnosisException("rule " + id + " is not as it must be: " + e.getMessage(), e);
        }
    }

    private static Map<String, ErrorClass> classes(Config config, Map<String, Double> levels) {
        Map<String, ErrorClass> classes = new TreeMap<>();
        for (String group : new TreeMap<>(config.root()).keySet()) {
            Config one = config.getConfig(ConfigUtil.quoteString(group));
            Reason reason = reason("exceptions." + group, one.getString("reason"));
            Action action = action("exceptions." + group, one.getString("action"));
            double level = level("exceptions." + group, one, levels);
            for (String name : one.getStringList("names")) {
                classes.put(name, new ErrorClass(name, reason, action, level));
            }
        }
        return classes;
    }

    private static Reason reason(String id, String label) {
        return Reason.of(label)
                .orElseThrow(() ->
                        new DiagnosisException(
                                id
                                        + ": there is no reason \""
                                        + label
                                        + "\"; the reasons are "
                                        + Arrays.stream(Reason.values()).map(Reason::label).toList()));
    }

    private static Action action(String id, String label) {
        return Arrays.stream(Action.values())
                .filter(action -> action.label().equals(label))
                .findFirst()
                .orElseThrow(() ->
                        new DiagnosisException(
                                id
                                        + ": there is no action \""
                                        + label
                                        + "\"; the actions are "
                                        + Arrays.stream(Action.values()).map(Action::label).toList()));
    }

    private static double level(String id, Config config, Map<String, Double> levels) {
        String name = config.getString("level");
        Double level = levels.get(name);
        if (level == null) {
            throw new DiagnosisException(
                    id + ": there is no level \"" + name + "\"; the levels are " + levels.keySet());
        }
        return level + (config.hasPath("weight") ? config.getDouble("weight") : 0);
    }

    private static Optional<Pattern> pattern(Config config, String key) {
        return config.hasPath(key) ? Optional.of(Pattern.compile(config.getString(key))) : Optional.empty();
    }

    private static List<String> strings(Config config, String key) {
        return config.hasPath(key) ? config.getStringList(key) : List.of();
    }

    private static String hash(Config all) {
        try {
            byte[] text =
                    all.root()
                            .render(com.typesafe.config.ConfigRenderOptions.concise())
                            .getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text), 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
