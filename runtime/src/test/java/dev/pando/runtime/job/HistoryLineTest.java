package dev.pando.runtime.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import java.time.Instant;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class HistoryLineTest {
    @Test
    void shouldSayWhyAStepWasSkipped() {
        JobEvent skipped =
                new JobEvent.RungTried(JobEvent.Rung.SKIP_DATA, 7, "its data gives no finite loss, on every worker");

        HistoryLine line =
                HistoryLine.of(
                        new JobEntry.Happened(Instant.parse("2026-05-01T12:00:00.1234Z"), skipped),
                        UnaryOperator.identity());

        assertThat(line)
                .isEqualTo(
                        new HistoryLine(
                                "2026-05-01T12:00:00.123Z",
                                "step 7 skipped: its data gives no finite loss, on every worker"));
    }
}
