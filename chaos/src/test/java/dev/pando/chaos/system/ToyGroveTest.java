package dev.pando.chaos.system;

import static dev.pando.chaos.system.Grove.aGrove;
import static dev.pando.chaos.system.Grove.step;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.Dice;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Execution(ExecutionMode.CONCURRENT)
class ToyGroveTest {
    @Test
    void shouldSurviveTheStoryOfTheReadme() throws InterruptedException {
        try (Grove grove = aGrove().of(3).start()) {
            grove.kill(2).at(step(7));
            grove.hang(0).at(step(12));
            grove.awaitStep(19);

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill worker-1 at step 7",
                "kill worker-1 after compute at step 7",
                "kill worker-1 in reduce at step 7",
                "kill worker-1 after reduce at step 7",
                "kill worker-1 in vote at step 7",
                "kill worker-1 after vote at step 7",
                "kill worker-1 in apply at step 7",
                "kill worker-1 after apply at step 7",
                "throw worker-1 in reduce at step 7",
                "throw worker-1 in apply at step 7",
                "hang worker-1 in reduce at step 7",
                "hang worker-1 in vote at step 7",
                "hang worker-1 in apply at step 7",
                "hang worker-1 after apply at step 7",
                "stop worker-1 2s at step 7",
                "stop worker-1 2s in reduce at step 7",
                "stop worker-1 2s after reduce at step 7",
                "stop worker-1 2s in apply at step 7",
                "out of memory on worker-1 at step 7",
                "device error xid 79 on worker-1 at step 7",
                "kill worker-1 at step 0",
                "kill worker-1 in apply at step 0",
                "kill worker-1 at step 19",
                "kill worker-1 in apply at step 19",
                "hang worker-1 in apply at step 19",
                "stop worker-1 2s in apply at step 19",
                "kill worker-1 at step 7, kill worker-2 at step 7",
                "kill worker-0 in apply at step 7, kill worker-1 in apply at step 7",
                "hang worker-0 at step 7, kill worker-1 in reduce at step 7",
                "drop worker-1 at step 7",
                "delay worker-1 300ms for 5 steps at step 7",
                "duplicate worker-1 for 20 steps at step 0",
                "reorder worker-1 for 20 steps at step 0",
                "slow worker-1 x4 for 10 steps at step 3",
                "bit flip in wire of worker-1 at step 7",
                "nan loss on worker-1 at step 7",
                "corrupt frame worker-1 at step 7",
                "gc pause 500ms at step 7",
                "disk full for 6 steps at step 4",
                "slow disk x3 at step 5",
                "store down for 3 steps at step 5",
                "kill worker-0 when the store saves",
                "kill worker-0 when worker-1 votes at step 4"
            })
    void shouldNotChangeABit(String script) throws InterruptedException {
        try (Grove grove = aGrove().of(3).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill all at step 8",
                "kill all in reduce at step 8",
                "kill all in apply at step 8",
                "kill all after apply at step 8",
                "kill all at step 0",
                "kill all at step 3",
                "kill all at step 19",
                "kill all after apply at step 19",
                "hang all at step 8",
                "throw all in vote at step 8"
            })
    void shouldGoBackToACheckpointWhenAllWorkersAreLost(String script) throws InterruptedException {
        try (Grove grove = aGrove().of(3).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertEveryFaultFired();
            assertThat(grove.events(JobEvent.StateLoaded.class)).hasSizeLessThanOrEqualTo(2);
        }
    }

    /// Runs long enough for a worker to be back before their end.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill worker-1 at step 7, kill worker-1#2 in rebuild at step 7",
                "kill worker-1 at step 7, kill worker-0 in rebuild at step 7",
                "kill worker-1 at step 7, kill worker-1#2 at step 9, kill worker-1#3 at step 11",
                "kill worker-1 at step 7, kill worker-2 at step 7, hang worker-1#2 after rebuild at step 7"
            })
    void shouldNotChangeABitWhenTheRestartedAreStruck(String script) throws InterruptedException {
        try (Grove grove = aGrove().of(3).steps(300).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill worker-0 at step 7", "hang worker-0 at step 7", "kill worker-0 in apply at step 7"})
    void shouldRecoverTheOnlyWorker(String script) throws InterruptedException {
        try (Grove grove = aGrove().of(1).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertEveryFaultFired();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldNotChangeABitWhateverGoesWrong(long seed) throws InterruptedException {
        try (Grove grove = aGrove().of(2 + Dice.below(4, seed, 1)).seed(seed).start()) {
            grove.suffers(RandomScripts.script(seed, 20)).awaitEnd();

            grove.assertSameHashAsUndisturbed();
        }
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 50);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "poisoned batch at step 0",
                "poisoned batch at step 7",
                "poisoned batch at step 19",
                "poisoned batch at step 7, poisoned batch at step 8, poisoned batch at step 9",
                "poisoned batch at step 7, kill worker-1 in reduce at step 7",
                "poisoned batch at step 7, kill worker-1 in apply at step 7",
                "poisoned batch at step 7, kill all after apply at step 7",
                "poisoned batch at step 7, kill all at step 8",
                "poisoned batch at step 5, nan loss on worker-2 at step 6"
            })
    void shouldSkipDataThatGivesNoNumbersWhoeverComputesIt(String script) throws InterruptedException {
        try (Grove grove = aGrove().of(3).start()) {
            grove.suffers(script).awaitEnd();

            grove.assertSameHashAsUndisturbed().assertEveryFaultFired();
            assertThat(grove.events(JobEvent.StepCommitted.class))
                    .filteredOn(JobEvent.StepCommitted::wasSkipped)
                    .extracting(JobEvent.StepCommitted::step)
                    .containsOnly(poisoned(script));
        }
    }

    private static Long[] poisoned(String script) {
        return Pattern.compile("poisoned batch at step (\\d+)")
                .matcher(script)
                .results()
                .map(found -> Long.valueOf(found.group(1)))
                .toArray(Long[]::new);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldComputeASpikeThatIsADevicesOnceMore(int workers) throws InterruptedException {
        try (Grove grove = aGrove().of(workers).start()) {
            grove.suffers("loss spike worker-0 x1000000 at step 12").awaitEnd();

            grove.assertSameHashAsUndisturbed().assertNoStepRedone().assertEveryFaultFired();
            assertThat(grove.events(JobEvent.StepDropped.class))
                    .singleElement()
                    .satisfies(dropped -> assertThat(dropped.reason()).contains("times the median"));
            assertThat(grove.events(JobEvent.WorkerLost.class))
                    .as("whose numbers others do not get")
                    .hasSize(workers == 1 ? 0 : 1)
                    .allMatch(lost -> lost.worker().equals("worker-0"));
        }
    }

    @Test
    void shouldEndWithADiagnosisWhenTooManyStepsInARowHaveNoFiniteLoss() throws InterruptedException {
        try (Grove grove = aGrove().of(3).start()) {
            grove.suffers("poisoned batch at rate 1 per step").awaitEnd();

            assertThat(grove.events(JobEvent.StepCommitted.class))
                    .hasSize(3)
                    .allMatch(JobEvent.StepCommitted::wasSkipped);
            assertThat(grove.events(JobEvent.Failed.class))
                    .singleElement()
                    .satisfies(failed ->
                            assertThat(failed.diagnosis())
                                    .isEqualTo(
                                            "step 3: its data gives no finite loss, on every worker, and of the"
                                                    + " steps before it 3 were skipped; look at the data, or lower the"
                                                    + " learning rate"));
        }
    }
}
