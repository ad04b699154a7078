package dev.pando.bench.tidy;

import static dev.pando.bench.tidy.House.ROOT;
import static dev.pando.bench.tidy.House.lines;
import static dev.pando.bench.tidy.House.name;
import static dev.pando.bench.tidy.House.texts;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Keeps the small promises about texts: what is long says why, what can be set is explained, nothing tells of a
/// machine.
final class TextsTest {
    private static final int LONG_FILE = 400;
    private static final Path BOM = ROOT.resolve("bom/pom.xml");
    private static final Path OUTSIDE = ROOT.resolve("examples/outside/pom.xml"); // a stranger's

    /// A ratchet: words that hide the subject of a sentence, or that only this project uses, with the most lines that
    /// may hold each. Name the worker, the node, the caller; write "again", "a separate", "this many". Each word is in
    /// two pieces, so that this file counts none. Lower a number whenever it can be.
    private static final SortedMap<String, Integer> ODD_WORDS =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("no" + "body", 8),
                            Map.entry("who" + "ever", 10),
                            Map.entry("some" + "body", 2),
                            Map.entry("every" + "body", 0),
                            Map.entry("any" + "body", 2),
                            Map.entry("a" + "new", 0),
                            Map.entry("so " + "many", 7),
                            Map.entry("of " + "its own", 7),
                            Map.entry("in " + "vain", 0),
                            Map.entry("is " + "none", 7),
                            Map.entry("gone " + "on with", 0),
                            Map.entry("the one " + "who", 0),
                            Map.entry("of " + "whom", 1)));

    @Test
    void shouldSayWhyAFileIsLong() {
        assertThat(texts(".java"))
                .filteredOn(file -> lines(file).size() > LONG_FILE)
                .filteredOn(file -> lines(file).stream().noneMatch(line -> line.startsWith("// Long because ")))
                .extracting(House::name)
                .as("files over %s lines; split them, or say why not in a line '// Long because …'", LONG_FILE)
                .isEmpty();
    }

    @Test
    void shouldExplainEveryKeyOfTheConfig() {
        List<Path> references = texts("reference.conf");

        assertThat(references)
                .isNotEmpty()
                .allSatisfy(reference -> {
                    Config config = ConfigFactory.parseFile(reference.toFile());
                    assertThat(config.entrySet())
                            .filteredOn(entry -> entry.getValue().origin().comments().isEmpty())
                            .extracting(entry -> entry.getValue().origin().lineNumber() + ": " + entry.getKey())
                            .as("keys of %s without a sentence above them", name(reference))
                            .isEmpty();
                });
    }

    @Test
    void shouldTellNothingOfTheMachineItWasWrittenOn() {
        Pattern machine = Pattern.compile("(?<![\\w.~])/(home|root|Users|work|mnt|scratch)/\\w");

        assertThat(texts(".java", ".md", ".xml", ".conf", ".html", ".js", ".css", ".properties", "pando", "run"))
                .flatExtracting(file -> matches(file, machine))
                .isEmpty();
    }

    @Test
    void shouldLeaveNothingForLater() {
        Pattern later = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");

        assertThat(texts(".java", ".md", ".xml", ".conf", "pando"))
                .flatExtracting(file -> matches(file, later))
                .isEmpty();
    }

    @Test
    void shouldNameItsSubjectsInPlainEnglish() {
        String words =
                ODD_WORDS.keySet().stream()
                        .map(word ->
                                "[" + word.charAt(0) + Character.toUpperCase(word.charAt(0)) + "]" + word.substring(1))
                        .collect(joining("|", "\\b(", ")\\b"));
        Pattern odd = Pattern.compile(words);

        Map<String, List<String>> lines =
                texts(".java", ".md", ".conf", ".xml", ".html", ".js", ".css", ".sh", ".yaml", "pando", "run").stream()
                        .flatMap(file -> matches(file, odd).stream())
                        .flatMap(line ->
                                odd.matcher(line)
                                        .results()
                                        .map(found -> Map.entry(found.group(1).toLowerCase(Locale.ROOT), line)))
                        .collect(groupingBy(Map.Entry::getKey, mapping(Map.Entry::getValue, toList())));

        assertThat(ODD_WORDS)
                .allSatisfy((word, most) ->
                        assertThat(lines.getOrDefault(word, List.of()))
                                .as("lines with '%s'", word)
                                .hasSizeLessThanOrEqualTo(most));
    }

    @Test
    void shouldHoldAllVersionsAtTheRoot() {
        Pattern version = Pattern.compile("<version>(?!0\\.)");

        assertThat(texts("pom.xml"))
                .filteredOn(pom -> !pom.equals(ROOT.resolve("pom.xml")) && !pom.equals(BOM) && !pom.equals(OUTSIDE))
                .flatExtracting(pom -> matches(pom, version))
                .isEmpty();
    }

    /// It has no parent, so that nothing but its own versions reaches the projects that import it.
    @Test
    void shouldGiveTheVersionsOfTheRootInTheBom() throws Exception {
        String root = Files.readString(ROOT.resolve("pom.xml"));
        String bom = Files.readString(BOM);
        Pattern property = Pattern.compile("<([\\w.-]+[.]version)>[^<]+</");
        Pattern module = Pattern.compile("<artifactId>(pando-[\\w-]+)</artifactId><version>");

        List<String> versions = property.matcher(bom).results().map(MatchResult::group).toList();

        assertThat(versions).hasSizeGreaterThan(5).allSatisfy(version -> assertThat(root).contains(version));
        assertThat(module.matcher(bom).results().map(found -> found.group(1)))
                .containsExactlyInAnyOrderElementsOf(
                        module.matcher(root)
                                .results()
                                .map(found -> found.group(1))
                                .filter(name -> !name.equals("pando-examples"))
                                .toList());
        assertThat(first(bom)).isEqualTo(first(root));
    }

    private static String first(String pom) {
        return pom.lines().filter(line -> line.startsWith("  <version>")).findFirst().orElseThrow();
    }

    @Test
    void shouldGiveAReasonForEveryDependency() throws Exception {
        String reasons = Files.readString(ROOT.resolve("docs/dependencies.md"));
        String pom = Files.readString(ROOT.resolve("pom.xml")).replaceAll("(?s)<exclusions>.*?</exclusions>", "");
        Matcher artifact = Pattern.compile("<artifactId>([^<]+)</artifactId>").matcher(pom);
        Set<String> unexplained = new TreeSet<>();
        while (artifact.find()) {
            String name = artifact.group(1).replace("_${scala.binary.version}", "");
            if (!name.startsWith("pando") && !reasons.contains("`" + name + "`")) {
                unexplained.add(name);
            }
        }

        assertThat(unexplained).as("dependencies of the root pom without a line in docs/dependencies.md").isEmpty();
    }

    @Test
    void shouldLinkOnlyToWhatIsThere() {
        Pattern link = Pattern.compile("]\\((?!https?://|#)([^)#\\s]+)");

        assertThat(texts(".md"))
                .allSatisfy(page -> {
                    String text = lines(page).stream().collect(joining("\n"));
                    assertThat(link.matcher(text).results().map(found -> page.resolveSibling(found.group(1))))
                            .as("links of %s", name(page))
                            .allSatisfy(target -> assertThat(target).exists());
                });
    }

    private static List<String> matches(Path file, Pattern pattern) {
        List<String> lines = lines(file);
        return IntStream.range(0, lines.size())
                .filter(i -> pattern.matcher(lines.get(i)).find())
                .mapToObj(i -> name(file) + ":" + (i + 1) + ": " + lines.get(i).strip())
                .toList();
    }
}
