package dev.pando.diagnosis.agent;

import com.google.re2j.Pattern;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.pando.diagnosis.Reason;
import dev.pando.diagnosis.rule.RuleSet;
import dev.pando.diagnosis.text.Clean;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;

/// Writes a candidate rule from incidents of one cause: by the line that they share and others lack, and the words of
/// it that stay.
final class RuleWriter {
    /// Two lines of so much in common say the same.
    private static final double SAME = 0.5;

    private static final int WORDS = 7;
    private static final int EXAMPLES = 6;
    private static final int COUNTEREXAMPLES = 2;
    private static final String BETWEEN = ".{0,160}?";
    private static final java.util.regex.Pattern QUOTED =
            java.util.regex.Pattern.compile("'[^']{0,60}'|\"[^\"]{0,60}\"");
    private static final java.util.regex.Pattern TOKEN = java.util.regex.Pattern.compile("[^\\s,;:=()\\[\\]{}<>|]+");
    private static final java.util.regex.Pattern PLAIN =
            java.util.regex.Pattern.compile("[A-Za-z][A-Za-z_]+(?:\\.[A-Z][A-Za-z]+)?[.!]?");
    private static final java.util.regex.Pattern RAISED =
            java.util.regex.Pattern.compile(
                    "\\b(?:[a-z_]\\w*\\.)*([A-Z]\\w*(?:Error|Exception|Timeout|Failure|Interrupt))\\b");

    private final RuleSet rules;
    private final List<Incident> incidents;
    private final Vocabulary vocabulary;

    /// @param incidents all kept ones, the one to learn from among them
    RuleWriter(RuleSet rules, List<Incident> incidents, Vocabulary vocabulary) {
        this.rules = rules;
        this.incidents = incidents;
        this.vocabulary = vocabulary;
    }

    /// The line of an incident that most likely names its cause: telling words that incidents of the same cause share
    /// and those of others lack.
    String root(List<Event> events, Reason reason) {
        List<Event> candidates = events.stream().filter(Event::alarming).toList();
        Event best = events.getLast();
        double most = Double.NEGATIVE_INFINITY;
        for (Event event : candidates.isEmpty() ? events : candidates) {
            double score = score(event.text(), reason);
            if (score > most) {
                most = score;
                best = event;
            }
        }
        return best.text();
    }

    private double score(String line, Reason reason) {
        List<String> words = Vocabulary.words(line);
        double telling =
                words.stream().mapToDouble(vocabulary::weight).sorted().skip(Math.max(0, words.size() - WORDS)).sum();
        boolean explained =
                rules.rules().stream().anyMatch(rule -> rule.active() && rule.reason() != reason && rule.matches(line));
        double score = telling / WORDS + (RAISED.matcher(line).find() ? 1 : 0) - (explained ? 4 : 0);
        for (Incident incident : incidents) {
            if (incident.lines().stream().anyMatch(other -> Vocabulary.overlap(line, other) >= SAME)) {
                score += incident.reason() == reason ? 2 : -3;
            }
        }
        return score;
    }

    /// A rule by the words of a root line that stay in other incidents of the cause; empty where it would say too
    /// little.
    Optional<Config> write(String id, Incident incident, String author) {
        String root = incident.root();
        List<String> examples = new ArrayList<>(List.of(root));
        for (Incident other : incidents) {
            if (other.reason() == incident.reason() && other.action() == incident.action()) {
                other.lines().stream()
                        .filter(line -> !examples.contains(line) && Vocabulary.overlap(line, root) >= SAME)
                        .max(Comparator.comparingDouble(line -> Vocabulary.overlap(line, root)))
                        .ifPresent(examples::add);
            }
        }
        List<String> words = plain(root);
        for (String example : examples) {
            words = common(words, plain(example));
        }
        List<String> staying = words;
        return pattern(root, staying).map(text -> rule(id, incident, text, longest(text, staying), examples, author));
    }

    /// The same with a pattern of a model's.
    Config write(String id, Incident incident, String pattern, String author) {
        return rule(id, incident, pattern, List.of(), List.of(incident.root()), author);
    }

    private Config rule(
            String id, Incident incident, String pattern, List<String> any, List<String> examples, String author) {
        Map<String, Object> rule = new TreeMap<>();
        rule.put("reason", incident.reason().label());
        rule.put("action", incident.action().label());
        rule.put("level", level(incident.reason()));
        rule.put("weight", -1); // a written rule of the same kind comes first
        rule.put("any", any);
        rule.put("pattern", pattern);
        rule.put("says", Clean.cut(incident.root(), 160));
        rule.put("yes", examples.subList(0, Math.min(EXAMPLES, examples.size())));
        rule.put("no", unlike(incident, pattern));
        rule.put("author", author);
        return ConfigFactory.parseMap(Map.of("rules." + id, rule));
    }

    /// The lines of other causes that come nearest without being meant.
    private List<String> unlike(Incident incident, String pattern) {
        List<String> others = new ArrayList<>();
        incidents.stream().filter(one -> one.reason() != incident.reason()).forEach(one -> others.add(one.root()));
        rules.rules().stream()
                .filter(rule -> rule.reason() != incident.reason())
                .forEach(rule -> rule.positives().forEach(example -> others.add(example.lines().toList().getLast())));
        try {
            Pattern compiled = Pattern.compile(pattern);
            return others.stream()
                    .filter(line -> !compiled.matcher(line).find())
                    .distinct()
                    .sorted(
                            Comparator.comparingDouble((String line) -> -Vocabulary.overlap(line, incident.root()))
                                    .thenComparing(line -> line))
                    .limit(COUNTEREXAMPLES)
                    .toList();
        } catch (com.google.re2j.PatternSyntaxException e) {
            return List.of(); // the examination says so
        }
    }

    private Optional<String> pattern(String root, List<String> words) {
        Matcher raised = RAISED.matcher(root);
        String name = raised.find() ? raised.group(1) : "";
        List<String> chosen = new ArrayList<>(words);
        while (chosen.size() > WORDS) {
            String dullest =
                    chosen.stream()
                            .filter(word -> !word.equals(name))
                            .min(Comparator.comparingDouble(word -> vocabulary.weight(word.toLowerCase(Locale.ROOT))))
                            .orElseThrow();
            chosen.remove(dullest);
        }
        if (chosen.size() < 2 && name.isEmpty()) {
            return Optional.empty();
        }
        if (chosen.isEmpty()) {
            chosen.add(name);
        }
        return Optional.of(
                "(?i)"
                        + String.join(
                                BETWEEN, chosen.stream().map(word -> "\\b" + Pattern.quote(word) + "\\b").toList()));
    }

    private List<String> longest(String pattern, List<String> words) {
        return words.stream()
                .filter(word -> pattern.contains(Pattern.quote(word)))
                .max(Comparator.comparingDouble(word -> vocabulary.weight(word.toLowerCase(Locale.ROOT))))
                .map(word -> List.of(word.toLowerCase(Locale.ROOT)))
                .orElse(List.of());
    }

    /// Words that no value stands in: not quoted, without digits, slashes and signs; in their order.
    private static List<String> plain(String line) {
        String bare = QUOTED.matcher(line).replaceAll(" ");
        List<String> words = new ArrayList<>();
        Matcher found = TOKEN.matcher(bare);
        while (found.find()) {
            String token = found.group();
            String last = token.substring(token.lastIndexOf('.', token.length() - 2) + 1).replaceAll("[.!]$", "");
            if (PLAIN.matcher(token).matches() || RAISED.matcher(token).matches()) {
                words.add(last);
            }
        }
        return words;
    }

    /// The longest common subsequence.
    private static List<String> common(List<String> one, List<String> other) {
        int[][] length = new int[one.size() + 1][other.size() + 1];
        for (int i = one.size() - 1; i >= 0; i--) {
            for (int j = other.size() - 1; j >= 0; j--) {
                length[i][j] =
                        one.get(i).equalsIgnoreCase(other.get(j))
                                ? length[i + 1][j + 1] + 1
                                : Math.max(length[i + 1][j], length[i][j + 1]);
            }
        }
        List<String> common = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < one.size() && j < other.size()) {
            if (one.get(i).equalsIgnoreCase(other.get(j))) {
                common.add(one.get(i));
                i++;
                j++;
            } else if (length[i + 1][j] >= length[i][j + 1]) {
                i++;
            } else {
                j++;
            }
        }
        return common;
    }

    /// How near the root a cause's lines stand, by the names of `rules.conf`.
    private static String level(Reason reason) {
        return switch (reason) {
            case NVLINK_ERROR, CUDA_ERROR, ECC_ERROR -> "hardware";
            case NODE_FAILURE -> "node";
            case OUT_OF_MEMORY_ERROR -> "memory";
            case STORAGE_ERROR -> "storage";
            case DATALOADER_KILLED -> "loader";
            case NETWORK_ERROR -> "link";
            case MODEL_LOADING_ERROR, DATASET_LOADING_ERROR -> "loading";
            case LOSS_SPIKE -> "numbers";
            case ARGUMENT_ERROR -> "argument";
            case ATTRIBUTE_ERROR,
                    ASSERTION_ERROR,
                    VALUE_ERROR,
                    ZERO_DIVISION_ERROR,
                    FILE_NOT_FOUND_ERROR,
                    TYPE_ERROR,
                    NAME_ERROR,
                    PERMISSION_ERROR,
                    IMPORT_ERROR,
                    KEY_ERROR,
                    SYNTAX_ERROR,
                    INDEX_ERROR,
                    OS_ERROR ->
                    "exception";
            case CONNECTION_ERROR -> "connection";
            case RUNTIME_ERROR -> "generic";
            case CALLED_PROCESS_ERROR -> "exit";
            case NCCL_TIMEOUT_ERROR, HANG -> "timeout";
            case NCCL_REMOTE_ERROR -> "remote";
            case NONE -> "shutdown";
        };
    }
}
