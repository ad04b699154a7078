package dev.pando.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.PipelineException;
import dev.pando.data.recipe.Recipe;
import dev.pando.training.data.DataConfig;
import dev.pando.training.data.PreparedData;
import dev.pando.training.data.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: a corpus whose copies, near-copies, blocked pages and short texts the test planted; and hashes of runs that
/// must be equal.
final class PreparationTest {
    @TempDir private Path folder;

    @BeforeEach
    void writeTheCorpus() throws IOException {
        Village.write(folder, 1);
    }

    @Test
    void shouldRemoveWhatWasPlantedAndSayWhy() throws IOException {
        Prepared corpus = prepare("out", 2, Village.steps(folder));

        assertThat(why(corpus, "j5")).isEqualTo("blocked-domains domain ads.example");
        assertThat(why(corpus, folder + "/notes/short.txt")).startsWith("rules ");
        assertThat(why(corpus, folder + "/notes/n3.txt")).isEqualTo("exact same text as a kept one");
        assertThat(why(corpus, folder + "/notes/near.txt")).isEqualTo("near like a kept one");
        ObjectNode near = corpus.why(folder + "/notes/near.txt").getFirst();
        assertThat(near.path("kept").asText()).isEqualTo(folder + "/notes/n4.txt");
        assertThat(near.path("jaccard").asDouble()).isBetween(0.7, 0.999);
        assertThat(corpus.why("j7").getFirst().path("text").asText()).contains("Write to <mail> now.");
        assertThat(corpus.why("nobody")).isEmpty();
        assertThat(corpus.why("j8").getFirst().path("language").asText()).isEqualTo("en");
        assertThat(corpus.lines().getFirst()).contains("0-read").contains("74 ->");
        assertThat(Files.readString(corpus.folder().resolve("report.html")))
                .contains("same text as a kept one", "domain ads.example", "village-en");
    }

    @Test
    void shouldGiveTheSameHashForAnyWorkersAndAnyOrderOfPaths() throws IOException {
        String first = prepare("out1", 1, Village.steps(folder)).hash();
        String shuffled =
                "\"%s\", \"%s\", \"%s\""
                        .formatted(folder.resolve("page.html"), folder.resolve("more.jsonl"), folder.resolve("notes"));

        for (int workers : new int[] {2, 3, 5, 7}) {
            assertThat(prepare("out" + workers, workers, Village.steps(folder)).hash())
                    .as("%d workers", workers)
                    .isEqualTo(first);
        }
        Recipe other = Village.recipe(folder, "out8", shuffled, Village.steps(folder));
        assertThat(new Preparation(other, 3, Preparation.Progress.NONE).run().hash()).isEqualTo(first);
    }

    @Test
    void shouldComputeNothingTwiceWhenALaterStepChanges() throws IOException {
        prepare("out", 2, Village.steps(folder));
        TreeMap<String, String> before = stored();

        Prepared changed = prepare("out", 2, Village.steps(folder).replace("[600, 1000]", "[700]"));

        TreeMap<String, String> after = stored();
        assertThat(after).containsAllEntriesOf(before); // times of change too
        assertThat(after.keySet().stream().filter(name -> !before.containsKey(name)).map(name -> name.split("-")[0]))
                .containsOnly("length");
        assertThat(changed.json().path("tokens").size()).isPositive();
    }

    @Test
    void shouldReadOnlyWhatIsNewWhenFilesAreAdded() throws IOException {
        String before = prepare("out", 2, "{do = exact}").hash();
        Files.writeString(folder.resolve("notes/zz.txt"), new Village(9).text(12));
        String fresh = prepare("outfresh", 2, "{do = exact}").hash();

        String after = prepare("out", 2, "{do = exact}").hash();

        assertThat(after).isEqualTo(fresh).isNotEqualTo(before);
    }

    @Test
    void shouldGoOnFromWhatAKilledRunLeft() throws IOException {
        String whole = prepare("out", 2, Village.steps(folder)).hash();
        try (var files = Files.walk(folder.resolve("out/store"))) {
            List<Path> all = files.filter(Files::isRegularFile).sorted().toList();
            for (int i = 0; i < all.size(); i += 3) {
                Files.delete(all.get(i)); // notes without shards, shards without notes
            }
        }
        Files.writeString(folder.resolve("out/store/0-read/.x-0.kept.jsonl.zst.part"), "half");
        Files.createDirectories(folder.resolve("out/.part/tokens"));

        assertThat(prepare("out", 3, Village.steps(folder)).hash()).isEqualTo(whole);
    }

    @Test
    void shouldWriteTokensThatAJobReads() throws IOException {
        Prepared corpus = prepare("out", 2, Village.steps(folder));
        Path tokens = corpus.folder().resolve("tokens");

        try (PreparedData data = open(tokens);
                PreparedData again = open(tokens);
                PreparedData resumed = PreparedData.open(folder.resolve("job"), data.digest())) {
            assertThat(data.statistics().documents())
                    .isEqualTo(corpus.json().path("tokens").path("village-en").path("documents").asLong());
            long tokensCounted = 0;
            for (var bucket : corpus.json().path("tokens").properties()) {
                tokensCounted += bucket.getValue().path("tokens").asLong();
            }
            assertThat(data.shards().tokens()).isEqualTo(tokensCounted).isEqualTo(resumed.shards().tokens());
            assertThat(again.digest()).isEqualTo(data.digest());
            assertThat(data.shards().start(data.shards().documents())).isEqualTo(tokensCounted);
        }
    }

    @Test
    void shouldSayWhatDiffersBetweenTwoCorpora() throws IOException {
        Prepared all = prepare("out1", 2, "{do = exact}");
        Prepared fewer = prepare("out2", 2, "{do = exact}, {do = length, least = 100}");

        List<String> lines = all.differences(fewer);

        assertThat(lines.getFirst())
                .isEqualTo("73 and 72 documents: 1 only in the first, 0 only in the second, 0 with another text");
        assertThat(lines.get(1)).isEqualTo("- " + folder + "/notes/short.txt: 2-length, bytes");
        assertThat(all.sample("", 5, 1)).hasSize(5).isEqualTo(all.sample("", 5, 1));
        assertThat(fewer.sample("2-length", 5, 1)).hasSize(1);
    }

    @Test
    void shouldRefuseAWrongRecipeByFileAndLine() throws IOException {
        assertThatThrownBy(() -> Village.recipe(folder, "x", "\"" + folder + "\"", "{do = nera}"))
                .isInstanceOf(PipelineException.class)
                .hasMessageContaining("x.conf: 5: there is no step nera; there are");
        assertThatThrownBy(() -> Village.recipe(folder, "x", "\"" + folder + "\"", "{do = near, treshold = 1}"))
                .hasMessageContaining("there is no key step near: treshold; there are threshold");
        assertThatThrownBy(() -> prepare("x", 1, "{do = near, threshold = 7}"))
                .hasMessageContaining("near.threshold must be above 0 and at most 1, not 7.0");
        assertThatThrownBy(() -> prepare("x", 1, "{do = length, least = 1e9}"))
                .hasMessageContaining("no document is left of village: 0-read kept 74, 1-length kept 0");
        assertThatThrownBy(() -> prepare("x", 1, "{do = score, name = a, model = nowhere}"))
                .hasMessageContaining("score.model names nowhere, which is no file");
    }

    private Prepared prepare(String out, int workers, String steps) throws IOException {
        String paths =
                "\"%s\", \"%s\", \"%s\""
                        .formatted(folder.resolve("notes"), folder.resolve("more.jsonl"), folder.resolve("page.html"));
        return new Preparation(Village.recipe(folder, out, paths, steps), workers, Preparation.Progress.NONE).run();
    }

    private PreparedData open(Path tokens) {
        return PreparedData.prepare(
                new DataConfig(
                        List.of(tokens.toString()),
                        List.of("**"),
                        List.of(),
                        folder.resolve("job"),
                        Optional.empty(),
                        300),
                Progress.NONE);
    }

    private static String why(Prepared corpus, String id) {
        ObjectNode dropped = (ObjectNode) corpus.why(id).getFirst().path("dropped");
        return dropped.path("step").asText() + " " + dropped.path("rule").asText();
    }

    private TreeMap<String, String> stored() throws IOException {
        TreeMap<String, String> files = new TreeMap<>();
        Path store = folder.resolve("out/store");
        try (var walk = Files.walk(store)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                files.put(store.relativize(file).toString(), Files.getLastModifiedTime(file).toString());
            }
        }
        return files;
    }
}
