package dev.pando.runtime.cli;

import static dev.pando.runtime.cli.CommandLines.pando;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.cli.CommandLines.Shown;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: files of a few lines, whose fate a reader can see.
final class DataCommandTest {
    private static final String TEXT = "The lamp in the window burned all night, and in the morning the oil was gone.";

    @TempDir private Path folder;

    @Test
    void shouldExtractAPageToStdout() throws IOException {
        Path page = Files.writeString(folder.resolve("a.html"), "<title>Lamp</title><p>" + TEXT + "</p>");

        Shown shown = pando("data", "extract", page);

        assertThat(shown.err()).isEmpty();
        assertThat(shown.out())
                .isEqualToIgnoringNewLines("{\"file\":\"" + page + "\",\"title\":\"Lamp\",\"text\":\"" + TEXT + "\"}");
    }

    @Test
    void shouldRemoveTheOlderOfTwoAndSayWhy() throws IOException {
        Path in =
                Files.writeString(
                        folder.resolve("in.jsonl"),
                        "{\"id\":\"old\",\"text\":\"%s\",\"date\":\"2020-01-01\"}\n{\"id\":\"new\",\"text\":\"%s\",\"date\":\"2021-01-01\"}\n"
                                .formatted(TEXT, TEXT));

        Shown shown = pando("data", "dedup", in, "--out", folder.resolve("k"), "--removed", folder.resolve("r"));

        assertThat(shown.exit()).isZero();
        assertThat(shown.out()).startsWith("2 documents: 1 kept, 1 removed");
        assertThat(Files.readString(folder.resolve("k"))).contains("\"new\"").doesNotContain("\"old\"");
        assertThat(Files.readString(folder.resolve("r"))).contains("\"kept\":\"new\",\"jaccard\":1.0");
    }

    @Test
    void shouldRemoveWhatBreaksARule() throws IOException {
        Path in = Files.writeString(folder.resolve("in.jsonl"), "{\"text\":\"too short\"}\n");

        Shown shown = pando("data", "filter", in, "--out", folder.resolve("k"), "--removed", folder.resolve("r"));

        assertThat(shown.out()).contains("1 documents: 0 kept", "c4.sentences removed 1");
        assertThat(folder.resolve("k")).isEmptyFile();
    }

    @Test
    void shouldPrepareACorpusAndSayWhyADocumentIsNotThere() throws IOException {
        Files.writeString(folder.resolve("a.txt"), TEXT);
        Files.writeString(folder.resolve("b.txt"), TEXT);
        Files.writeString(folder.resolve("c.txt"), "The miller slept.");
        Path recipe =
                Files.writeString(
                        folder.resolve("recipe.conf"),
                        """
                        pando.data.corpus {
                          out = "%s/out"
                          sources = [{ name = lamp, paths = ["%s"], files = ["*.txt"] }]
                          steps = [{ do = exact }]
                          output.vocabulary = 300
                        }
                        """
                                .formatted(folder, folder));

        Shown prepared = pando("data", "prepare", recipe, "--workers", 2);
        Shown why = pando("data", "why", folder.resolve("out"), folder.resolve("b.txt"));
        Shown sample = pando("data", "sample", folder.resolve("out"), "--removed-at", "1-exact");

        assertThat(prepared.err()).isEmpty();
        assertThat(prepared.out()).contains("0-read", "1-exact", "tokens/lamp", "hash sha256:", "report.html");
        assertThat(why.out())
                .contains("b.txt: removed at 1-exact: same text as a kept one", "for " + folder + "/a.txt");
        assertThat(sample.out()).contains("b.txt").doesNotContain("c.txt");
        assertThat(pando("data", "inspect", folder.resolve("out")).out()).contains("hash sha256:");
        assertThat(pando("data", "diff", folder.resolve("out"), folder.resolve("out")).out())
                .contains("2 and 2 documents: 0 only");
        assertThat(pando("data", "report", folder.resolve("out")).out()).contains("report.html");
        assertThat(pando("data", "why", folder.resolve("out"), "nothing").exit()).isEqualTo(1);
        assertThat(folder.resolve("out/current/report.html")).exists();
    }

    @Test
    void shouldTrainAClassifierAndSayHowGoodItIs() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            String text = i % 2 == 0 ? "buy now, lamp on sale " : "the lamp stood in the yard ";
            lines.append("{\"text\":\"")
                    .append(text)
                    .append(i)
                    .append("\",\"label\":\"")
                    .append(i % 2 == 0 ? "ad" : "no")
                    .append("\"}\n");
        }
        Path labelled = Files.writeString(folder.resolve("labelled.jsonl"), lines);

        Shown shown =
                pando("data", "train-classifier", labelled, "--positive", "ad", "--out", folder.resolve("ad.model"));

        assertThat(shown.out()).contains("AUC 1.0000", "above 0.5: precision 1.000, recall 1.000");
        assertThat(folder.resolve("ad.model")).exists();
    }

    @Test
    void shouldRefuseAWrongRecipeAsMisuse() throws IOException {
        Path recipe = Files.writeString(folder.resolve("r.conf"), "pando.data.corpus {\n  soruces = []\n}\n");

        Shown shown = pando("data", "prepare", recipe);

        assertThat(shown.exit()).isEqualTo(2);
        assertThat(shown.err()).contains("r.conf: 2: there is no key pando.data.corpus: soruces");
    }

    @Test
    void shouldRefuseWhatCannotBe() {
        assertThat(pando("data", "dedup", "nowhere.jsonl", "--out", "k", "--removed", "r").exit()).isEqualTo(2);
        assertThat(pando("data", "extract").exit()).isEqualTo(2);
        assertThat(pando("data", "extract", folder.resolve("none.html")).err())
                .contains("none.html cannot be read: name an existing file");
    }
}
