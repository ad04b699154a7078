package dev.pando.diagnosis.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.diagnosis.DiagnosisException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LinesTest {
    @TempDir private Path folder;

    @Test
    void shouldReadLinesOfEitherEndAndALastOneWithout() {
        assertThat(read("a\r\n\nb\nhalf a li")).containsExactly("a", "", "b", "half a li");
    }

    @Test
    void shouldKeepTheBeginningAndTheEndOfALongLine() {
        String longest = "begin" + "x".repeat(3_000_000) + "RuntimeError: end";

        List<String> lines = read(longest + "\nnext\n");

        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).startsWith("beginx").endsWith("xRuntimeError: end").hasSizeLessThan(20_000);
    }

    @Test
    void shouldUnpackWhatIsPacked() throws IOException {
        Path packed = folder.resolve("log.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
        }

        try (Lines lines = Lines.of(packed)) {
            assertThat(all(lines)).containsExactly("one", "two");
        }
    }

    @Test
    void shouldSayWhichFileIsNotThere() {
        assertThatThrownBy(() -> Lines.of(folder.resolve("none.log")))
                .isInstanceOf(DiagnosisException.class)
                .hasMessageContaining("none.log")
                .hasMessageContaining("no such file");
    }

    @Test
    void shouldTakeColoursOut() {
        assertThat(Clean.line("\u001B[31mKeyError\u001B[0m: [36mx[0m\u0007")).isEqualTo("KeyError: x ");
    }

    private static List<String> read(String text) {
        try (Lines lines = Lines.of("text", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
            return all(lines);
        }
    }

    private static List<String> all(Lines lines) {
        List<String> all = new ArrayList<>();
        for (String line = lines.next(); line != null; line = lines.next()) {
            all.add(line);
        }
        return all;
    }
}
