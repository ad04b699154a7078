package dev.pando.actors.owner;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class JobJournalStateTest {
    @Test
    void shouldHandTheRefusalsInTheHistoryToTheNextLeader() {
        JobEvent refused = new JobEvent.WorkerRefused("worker-1", 0, "it is an abacus");

        JobJournalState state = new JobJournalState().with(new JobEntry.Happened(Instant.EPOCH, refused));

        assertThat(state.inheritance().refused()).containsExactly("worker-1");
    }
}
