package dev.pando.data.rules;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.pando.data.document.PipelineException;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/// The rules that a config turns on, with the thresholds that it gives.
///
/// What each rule measures stands here, beside the formula of the paper it comes from; its threshold and the source of
/// that stand in `reference.conf` under `pando.data.rules`.
public final class RuleBook {
    private static final String ROOT = "pando.data.rules";
    private static final double ANY = Double.POSITIVE_INFINITY;
    private static final Set<String> STOP_WORDS = Set.of("the", "be", "to", "of", "and", "that", "have", "with");
    private static final Pattern SENTENCE = Pattern.compile("[.!?]+[\"')\\]]*(\\s|$)");
    private static final List<String> POLICY =
            List.of("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies");
    private static final String PUNCTUATION = ".?!\"'”’。？！…";

    /// A measure that a config may bound.
    private record Measure(ToDoubleFunction<Measured> of, boolean spaced) {}

    private static final Map<String, Measure> MEASURES = measures();

    private final List<Rule> rules;

    private RuleBook(List<Rule> rules) {
        this.rules = List.copyOf(rules);
    }

    List<Rule> rules() {
        return rules;
    }

    /// The published thresholds.
    public static RuleBook standard() {
        return of(ConfigFactory.defaultReference(RuleBook.class.getClassLoader()));
    }

    /// A file that says what differs from them, under `pando.data.rules`.
    public static RuleBook of(Path file) {
        if (!file.toFile().isFile()) {
            throw new PipelineException("--rules names " + file + ", which is no file: name a HOCON file");
        }
        try {
            Config given = ConfigFactory.parseFile(new File(file.toString()));
            return of(given.withFallback(ConfigFactory.defaultReference(RuleBook.class.getClassLoader())).resolve());
        } catch (ConfigException e) {
            throw new PipelineException("rules in " + file + ": " + e.getMessage(), e);
        }
    }

    /// @param config that has `pando.data.rules`
    public static RuleBook of(Config config) {
        Config all = config.getConfig(ROOT);
        List<Rule> rules = new ArrayList<>();
        for (String family : new TreeSet<>(all.root().keySet())) {
            Config one = all.getConfig(family);
            for (String key : new TreeSet<>(one.root().keySet())) {
                if (key.equals("enabled")) {
                    continue;
                }
                String name = family + "." + key;
                Measure measure = MEASURES.get(name);
                if (measure == null) {
                    throw new PipelineException(
                            one.getValue(key).origin().description()
                                    + ": there is no rule "
                                    + ROOT
                                    + "."
                                    + name
                                    + "; there are "
                                    + String.join(", ", MEASURES.keySet()));
                }
                rules.add(rule(name, measure, one, key));
            }
            if (!one.getBoolean("enabled")) {
                rules.removeIf(rule -> rule.name().startsWith(family + "."));
            }
        }
        return new RuleBook(rules);
    }

    private static Rule rule(String name, Measure measure, Config family, String key) {
        try {
            Config range = family.getConfig(key);
            double least = range.hasPath("least") ? range.getDouble("least") : -ANY;
            double most = range.hasPath("most") ? range.getDouble("most") : ANY;
            return new Rule(name, measure.of, least, most, measure.spaced);
        } catch (ConfigException e) {
            throw new PipelineException(
                    family.getValue(key).origin().description()
                            + ": "
                            + ROOT
                            + "."
                            + name
                            + " must say least, most or both, as numbers",
                    e);
        }
    }

    private static Map<String, Measure> measures() {
        Map<String, Measure> all = new LinkedHashMap<>();
        gopherQuality(all);
        gopherRepetition(all);
        c4(all);
        fineWeb(all);
        characters(all);
        return all;
    }

    /// Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", table A1.
    private static void gopherQuality(Map<String, Measure> all) {
        String family = "gopher-quality.";
        all.put(family + "words", spaced(text -> text.words.stream().filter(word -> !Words.isMark(word)).count()));
        all.put(
                family + "mean-word-length",
                spaced(text ->
                        text.words.stream()
                                .filter(word -> !Words.isMark(word))
                                .mapToInt(String::length)
                                .average()
                                .orElse(0)));
        all.put(family + "hashes-per-word", spaced(text -> text.perWord(count(text.text, "#"))));
        all.put(
                family + "ellipses-per-word",
                spaced(text -> text.perWord(count(text.text, "...") + count(text.text, "…"))));
        all.put(
                family + "bullet-lines",
                any(text ->
                        text.perLine(
                                text.lines.stream()
                                        .map(String::stripLeading)
                                        .filter(line -> line.startsWith("•") || line.startsWith("-"))
                                        .count())));
        all.put(
                family + "ellipsis-lines",
                any(text ->
                        text.perLine(
                                text.lines.stream()
                                        .map(String::stripTrailing)
                                        .filter(line -> line.endsWith("...") || line.endsWith("…"))
                                        .count())));
        all.put(
                family + "words-with-letter",
                spaced(text -> text.perWord(text.words.stream().filter(Words::hasLetter).count())));
        all.put(family + "stop-words", spaced(text -> STOP_WORDS.stream().filter(text.words::contains).count()));
    }

    /// The same, "repetition removal".
    private static void gopherRepetition(Map<String, Measure> all) {
        String family = "gopher-repetition.";
        all.put(family + "paragraphs-again", any(text -> Measured.repeated(text.paragraphs())));
        all.put(family + "paragraph-chars-again", any(text -> text.perChar(Measured.repeatedChars(text.paragraphs()))));
        all.put(family + "lines-again", any(text -> Measured.repeated(text.filledLines())));
        all.put(family + "line-chars-again", any(text -> text.perChar(Measured.repeatedChars(text.filledLines()))));
        for (int n = 2; n <= 4; n++) {
            int size = n;
            all.put(family + "top-" + n + "-gram", spaced(text -> text.topGram(size)));
        }
        for (int n = 5; n <= 10; n++) {
            int size = n;
            all.put(family + "again-" + n + "-gram", any(text -> text.againGrams(size)));
        }
    }

    /// Raffel et al. 2020, "Exploring the Limits of Transfer Learning", section 2.2: the rules that drop a page.
    private static void c4(Map<String, Measure> all) {
        String family = "c4.";
        all.put(family + "lorem-ipsum", any(text -> text.lower.contains("lorem ipsum") ? 1 : 0));
        all.put(family + "curly-bracket", any(text -> text.text.contains("{") ? 1 : 0));
        all.put(family + "sentences", spaced(RuleBook::sentences));
    }

    /// Sentences in lines that C4 keeps: three words, punctuation at the end, no script and no policy.
    private static double sentences(Measured text) {
        long sentences = 0;
        for (String raw : text.lines) {
            String line = raw.strip();
            String lower = line.toLowerCase(Locale.ROOT);
            boolean ends =
                    !line.isEmpty() && ".?!\"'".indexOf(line.charAt(line.length() - 1)) >= 0 && !line.endsWith("...");
            if (ends
                    && line.split("\\s+").length >= 3
                    && !lower.contains("javascript")
                    && POLICY.stream().noneMatch(lower::contains)) {
                sentences += Math.max(1, SENTENCE.matcher(line).results().count());
            }
        }
        return sentences;
    }

    /// Penedo et al. 2024, "The FineWeb Datasets", section 3.6.
    private static void fineWeb(Map<String, Measure> all) {
        String family = "fineweb.";
        all.put(
                family + "lines-with-punctuation",
                any(text -> share(text, line -> PUNCTUATION.indexOf(line.charAt(line.length() - 1)) >= 0)));
        all.put(family + "short-lines", spaced(text -> share(text, line -> line.length() <= 30)));
        all.put(
                family + "line-chars-again",
                any(text -> {
                    List<String> lines = filled(text);
                    long chars = text.text.chars().filter(c -> c != '\n').count();
                    return chars == 0 ? 0 : (double) Measured.repeatedChars(lines) / chars;
                }));
        all.put(
                family + "breaks-per-word",
                spaced(text -> text.perWord(text.text.chars().filter(c -> c == '\n').count())));
    }

    /// InternLM2, section 3.1.1: abnormal frequency of characters, distribution of punctuation. Thresholds are ours.
    private static void characters(Map<String, Measure> all) {
        String family = "characters.";
        all.put(family + "replacement", any(text -> text.perChar(text.text.chars().filter(c -> c == '�').count())));
        all.put(
                family + "control",
                any(text ->
                        text.perChar(
                                text.text
                                        .chars()
                                        .filter(c -> c < ' ' && c != '\n' && c != '\t' && c != '\r')
                                        .count())));
        all.put(
                family + "marks",
                any(text -> {
                    long shown = text.text.codePoints().filter(c -> !Character.isWhitespace(c)).count();
                    long marks =
                            text.text
                                    .codePoints()
                                    .filter(c ->
                                            !Character.isWhitespace(c)
                                                    && !Character.isLetterOrDigit(c)
                                                    && Character.getType(c) != Character.NON_SPACING_MARK)
                                    .count();
                    return shown == 0 ? 0 : (double) marks / shown;
                }));
        all.put(family + "most-frequent", any(RuleBook::mostFrequent));
    }

    private static double mostFrequent(Measured text) {
        int[] counts = new int[1 << 16];
        int most = 0;
        int shown = 0;
        for (int i = 0; i < text.text.length(); i++) {
            char c = text.text.charAt(i);
            if (!Character.isWhitespace(c)) {
                shown++;
                most = Math.max(most, ++counts[c]);
            }
        }
        return shown == 0 ? 0 : (double) most / shown;
    }

    private static List<String> filled(Measured text) {
        return text.lines.stream().filter(line -> !line.isBlank()).toList();
    }

    private static double share(Measured text, Predicate<String> wanted) {
        List<String> lines = filled(text);
        return lines.isEmpty()
                ? 0
                : (double) lines.stream().map(String::stripTrailing).filter(wanted).count() / lines.size();
    }

    private static long count(String text, String part) {
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    private static Measure spaced(ToDoubleFunction<Measured> measure) {
        return new Measure(measure, true);
    }

    private static Measure any(ToDoubleFunction<Measured> measure) {
        return new Measure(measure, false);
    }
}
