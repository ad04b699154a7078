package dev.pando.chaos.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class VocabularyTest {
    @Test
    void shouldBeDocumentedWordForWord() throws IOException {
        String page = Files.readString(Path.of("../docs/faults.md"));

        assertThat(Arrays.asList(page.split("\n"))).containsSequence(Vocabulary.markdown().split("\n"));
    }
}
