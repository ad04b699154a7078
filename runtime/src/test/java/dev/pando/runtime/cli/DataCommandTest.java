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
    void shouldRefuseWhatCannotBe() {
        assertThat(pando("data", "dedup", "nowhere.jsonl", "--out", "k", "--removed", "r").exit()).isEqualTo(2);
        assertThat(pando("data", "extract").exit()).isEqualTo(2);
        assertThat(pando("data", "extract", folder.resolve("none.html")).err())
                .contains("none.html cannot be read: name an existing file");
    }
}
