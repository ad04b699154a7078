package dev.pando.data.near;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: sets of five words, compared by brute force.
final class NearDuplicatesTest {
    private static final double THRESHOLD = 0.7;
    private static final int PAIRS = 1000;

    @TempDir private Path folder;

    private record Pair(ObjectNode newer, ObjectNode older, double alike) {}

    @Test
    void shouldRemoveTheOlderOfEveryPairThatIsAlikeAndNoOther() throws IOException {
        List<Pair> pairs = planted(11);

        Map<String, ObjectNode> removed = byId(run(documents(pairs), 1, "removed"));

        long alike = pairs.stream().filter(pair -> pair.alike >= THRESHOLD).count();
        long found = 0;
        for (Pair pair : pairs) {
            assertThat(removed).doesNotContainKey(id(pair.newer));
            ObjectNode reason = removed.get(id(pair.older));
            if (reason != null) {
                found++;
                assertThat(pair.alike).isGreaterThanOrEqualTo(THRESHOLD);
                assertThat(reason.path("kept").asText()).isEqualTo(id(pair.newer));
                assertThat(reason.path("jaccard").asDouble()).isEqualTo(pair.alike);
            }
        }
        // 1 - (1 - 0.7^5)^25 = 0.990 at the threshold itself, more above
        assertThat((double) found / alike).isGreaterThanOrEqualTo(0.99);
    }

    @Test
    void shouldDecideTheSameInAnyOrderAndByAnyNumberOfThreads() throws IOException {
        List<ObjectNode> documents = documents(planted(12));
        Set<String> removed = byId(run(documents, 1, "removed")).keySet();

        Collections.shuffle(documents, new Random(13));

        assertThat(byId(run(documents, 3, "removed")).keySet()).isEqualTo(removed);
    }

    @Test
    void shouldNotRemoveByWayOfARemovedOne() throws IOException {
        List<String> words = List.of(words(new Random(5), 128).split(" "));
        String text = String.join(" ", words.subList(0, 100));
        String middle = String.join(" ", words.subList(14, 114));
        String far = String.join(" ", words.subList(28, 128));
        assertThat(alike(text, middle)).isGreaterThan(THRESHOLD);
        assertThat(alike(middle, far)).isGreaterThan(THRESHOLD);
        assertThat(alike(text, far)).isLessThan(THRESHOLD);

        List<ObjectNode> kept =
                run(
                        List.of(document("far", far, "1"), document("middle", middle, "2"), document("new", text, "3")),
                        1,
                        "kept");

        assertThat(kept).extracting(NearDuplicatesTest::id).containsExactly("far", "new");
    }

    @Test
    void shouldTakeShortTextsForAlikeOnlyWhereTheyAreTheSame() throws IOException {
        List<ObjectNode> kept =
                run(
                        List.of(
                                document("a", "Good morning", "1"),
                                document("b", "good  morning!", "2"),
                                document("c", "good night", "3"),
                                document("d", "", "4"),
                                document("e", "", "5")),
                        1,
                        "kept");

        assertThat(kept).extracting(NearDuplicatesTest::id).containsExactly("b", "c", "d", "e");
    }

    @Test
    void shouldKnowWhichDateIsNewer() {
        String[] ascending = {
            "", "1999", "20150101000000", "1999-05", "2024-02-09", "2024-02-10T01:00:00+02:00", "2024-02-10T00:30:00Z"
        };

        List<String> ages = new ArrayList<>();
        for (String date : ascending) {
            ages.add(Age.of(document("x", "", date)));
        }

        assertThat(ages).isSorted().doesNotHaveDuplicates();
    }

    private List<ObjectNode> run(List<ObjectNode> documents, int threads, String which) throws IOException {
        Path in = folder.resolve("in.jsonl.gz");
        try (JsonLines.Writer out = new JsonLines.Writer(in)) {
            documents.forEach(out::write);
            out.finish();
        }
        Troubles troubles = new Troubles();

        new NearDuplicates(THRESHOLD, threads, troubles)
                .run(in, folder.resolve("kept.jsonl.zst"), folder.resolve("removed.jsonl.zst"));

        assertThat(troubles.lines()).isEmpty();
        try (var left = Files.list(folder)) {
            assertThat(left).hasSize(3);
        }
        List<ObjectNode> read = new ArrayList<>();
        try (JsonLines.Reader reader = new JsonLines.Reader(folder.resolve(which + ".jsonl.zst"), troubles)) {
            for (Optional<ObjectNode> next = reader.next(); next.isPresent(); next = reader.next()) {
                read.add(next.get());
            }
        }
        return read;
    }

    /// Pairs of similarity 0.5 to 1: a tail or scattered words are others.
    private static List<Pair> planted(long seed) {
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            String[] words = words(random, 60 + random.nextInt(200)).split(" ");
            String[] other = words.clone();
            double part = random.nextDouble() / 3;
            if (random.nextBoolean()) {
                for (int w = (int) (words.length * (1 - part)); w < words.length; w++) {
                    other[w] = word(random);
                }
            } else {
                for (int w = 0; w < words.length * part / 5; w++) {
                    other[random.nextInt(words.length)] = word(random);
                }
            }
            String a = String.join(" ", words);
            String b = String.join(" ", other);
            pairs.add(
                    new Pair(
                            document("n" + i, a, "2024-05-" + (10 + i % 20)),
                            document("o" + i, b, "2023-11-05"),
                            alike(a, b)));
        }
        return pairs;
    }

    private static List<ObjectNode> documents(List<Pair> pairs) {
        List<ObjectNode> documents = new ArrayList<>();
        for (Pair pair : pairs) {
            documents.add(pair.older.deepCopy());
            documents.add(pair.newer.deepCopy());
        }
        return documents;
    }

    private static double alike(String a, String b) {
        Set<List<String>> one = grams(a);
        Set<List<String>> other = grams(b);
        Set<List<String>> both = new HashSet<>(one);
        both.retainAll(other);
        return (double) both.size() / (one.size() + other.size() - both.size());
    }

    private static Set<List<String>> grams(String text) {
        List<String> words = List.of(text.split(" "));
        Set<List<String>> grams = new HashSet<>();
        for (int i = 0; i + 5 <= words.size(); i++) {
            grams.add(words.subList(i, i + 5));
        }
        return grams;
    }

    private static String words(Random random, int count) {
        StringBuilder words = new StringBuilder();
        for (int i = 0; i < count; i++) {
            words.append(i == 0 ? "" : " ").append(word(random));
        }
        return words.toString();
    }

    private static String word(Random random) {
        return Integer.toString(1000 + random.nextInt(40_000), 36);
    }

    private static ObjectNode document(String id, String text, String date) {
        return JsonLines.object().put("id", id).put("text", text).put("date", date);
    }

    private static String id(ObjectNode document) {
        return document.path("id").asText();
    }

    private static Map<String, ObjectNode> byId(List<ObjectNode> documents) {
        Map<String, ObjectNode> byId = new HashMap<>();
        documents.forEach(document -> byId.put(id(document), document));
        return byId;
    }
}
