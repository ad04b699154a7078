package dev.pando.chaos.system;

import static dev.pando.chaos.system.Grove.aGrove;
import static dev.pando.chaos.system.Grove.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same stories over Aeron, with checkpoints on disk.
class RealGroveTest {
    @TempDir Path folder;

    @Test
    void shouldSurviveTheStoryOfTheReadme() throws InterruptedException {
        try (Bed bed = Bed.real(folder);
                Grove grove = aGrove().of(3).on(bed).start()) {
            grove.kill(2).at(step(7));
            grove.hang(0).at(step(12));
            grove.awaitStep(19);

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill worker-1 in reduce at step 7",
                "kill worker-1 after reduce at step 7",
                "kill worker-1 in apply at step 7",
                "hang worker-1 in reduce at step 7",
                "stop worker-1 2s in reduce at step 7",
                "stop worker-1 2s in apply at step 7",
                "kill worker-0 at step 7, kill worker-1 in reduce at step 7",
                "kill worker-1 at step 0",
                "kill worker-1 in apply at step 19",
                "drop worker-1 at step 7",
                "duplicate worker-1 for 20 steps at step 0",
                "reorder worker-1 for 20 steps at step 0",
                "bit flip in wire of worker-1 at step 7",
                "disk full for 6 steps at step 4",
                "torn write at step 5"
            })
    void shouldNotChangeABit(String script) throws InterruptedException {
        try (Bed bed = Bed.real(folder);
                Grove grove = aGrove().of(3).on(bed).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill worker-1 at step 7, kill worker-1#2 in rebuild at step 7",
                "kill worker-1 at step 7, kill worker-0 in rebuild at step 7"
            })
    void shouldNotChangeABitWhenARebuildIsStruck(String script) throws InterruptedException {
        try (Bed bed = Bed.real(folder);
                Grove grove = aGrove().of(3).steps(300).on(bed).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill all at step 13", "kill all in reduce at step 13", "kill all in apply at step 13"})
    void shouldGoBackToTheNewestCheckpoint(String script) throws InterruptedException {
        try (Bed bed = Bed.real(folder);
                Grove grove = aGrove().of(3).on(bed).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertEveryFaultFired();
            assertThat(grove.events(JobEvent.StateLoaded.class)).hasSize(1);
        }
    }

    /// A checkpoint every 100 steps, so that each is durable long before anything happens.
    @ParameterizedTest
    @ValueSource(strings = {"torn write at step 200", "bit flip in checkpoint at step 200"})
    void shouldPassOverADamagedCheckpointAndNameIt(String damage) throws InterruptedException {
        try (Bed bed = Bed.real(folder);
                Grove grove = aGrove().of(3).steps(300).checkpointEvery(100).on(bed).start()) {
            grove.suffers(damage).suffers("kill all at step 290").awaitEnd();

            grove.assertSameHashAsUndisturbed().assertEveryFaultFired();
            assertThat(grove.events(JobEvent.StateLoaded.class))
                    .singleElement()
                    .satisfies(loaded -> assertThat(loaded.damaged()).hasSize(1));
        }
    }
}
