package dev.pando.runtime.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WordsTest {
    /// The oracle is the shell itself.
    @ParameterizedTest
    @ValueSource(strings = {"runs/notes", "/srv/my runs/a", "it's", "$HOME/`date`", "a;b", "", "ä *", "--out"})
    void shouldWriteAWordAsAShellReadsItBack(String word) throws IOException {
        Process shell =
                new ProcessBuilder(List.of("sh", "-c", "printf %s " + Words.pasted(word)))
                        .redirectErrorStream(true)
                        .start();

        String read = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(read).isEqualTo(word);
    }
}
