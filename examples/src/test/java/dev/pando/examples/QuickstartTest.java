package dev.pando.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.job.Submission;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class QuickstartTest {
    @Test
    void shouldBeAConfigThatCanBeTrained() {
        Submission quickstart = Submission.of(Path.of("quickstart.conf"));

        assertThat(quickstart.settings().name()).isEqualTo("quickstart");
        assertThat(quickstart.settings().workers()).isEqualTo(3);
        assertThat(quickstart.settings().sample().prompts()).hasSize(3);
    }
}
