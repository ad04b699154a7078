package dev.pando.chaos.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.runtime.settings.JobConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerificationTest {
    private static final int STEPS = 12;

    @TempDir private Path folder;

    private Verdict verify(String faults, List<Integer> workers, UnaryOperator<ReplicaFactory> tools) {
        JobConfig job = JobConfig.file(TinyJob.in(folder));
        FaultScript script = FaultScript.parse(faults);
        return new Verification(job, script, workers, STEPS, 1, folder.resolve("runs"), tools).run(run -> {});
    }

    @Test
    void shouldFindTheSameBitsWithAnyNumberOfWorkers() {
        Verdict verdict =
                verify(
                        "kill worker-2 at step 4, hang worker-1 at step 7",
                        List.of(1, 2, 3, 5),
                        UnaryOperator.identity());

        assertThat(verdict.objections()).isEmpty();
        assertThat(verdict.disturbed()).extracting(Run::hash).containsOnly(verdict.undisturbed().hash());
        assertThat(verdict.disturbed().getLast().firings()).hasSize(2);
    }

    @Test
    void shouldObjectToASumInTheOrderOfArrival() {
        Verdict verdict = verify("slow worker-0 x2 at step 1", List.of(3), new ArrivalOrder());

        assertThat(verdict.holds()).isFalse();
        assertThat(verdict.objections())
                .anyMatch(sentence -> sentence.contains("with 3 workers ended with other bits"));
    }

    @Test
    void shouldObjectToAFaultThatNeverStruck() {
        Verdict verdict = verify("kill worker-1 at step 30", List.of(2), UnaryOperator.identity());

        assertThat(verdict.objections())
                .containsExactly("\"kill worker-1 at step 30\" never struck the run with 2 workers");
    }

    @Test
    void shouldObjectWhereNothingStruckAnyRun() {
        Verdict verdict = verify("kill any at rate 0.0000001 per step", List.of(2), UnaryOperator.identity());

        assertThat(verdict.objections())
                .containsExactly(
                        "no fault struck any run, so that nothing is shown; name other faults, more steps or --seed");
    }

    @Test
    void shouldObjectToABitThatFlippedUnseen() {
        Verdict verdict = verify("bit flip in gradient of worker-1 at step 3", List.of(3), UnaryOperator.identity());

        assertThat(verdict.objections())
                .anyMatch(sentence -> sentence.contains("other bits"))
                .anyMatch(sentence -> sentence.contains("step 3 has loss") || sentence.contains("step 4 has loss"));
    }

    @Test
    void shouldSkipWhatTheDataGivesInTheUndisturbedRunAsWell() {
        Verdict verdict =
                verify(
                        "poisoned batch at step 4, kill worker-1 in vote at step 4, nan loss on worker-0 at step 6",
                        List.of(1, 3),
                        UnaryOperator.identity());

        assertThat(verdict.objections()).isEmpty();
        assertThat(verdict.undisturbed().history().all(JobEvent.StepCommitted.class))
                .filteredOn(JobEvent.StepCommitted::wasSkipped)
                .extracting(JobEvent.StepCommitted::step)
                .containsExactly(4L);
        assertThat(Judge.judge(History.read(folder.resolve("runs/disturbed-3")))).isEmpty();
    }

    @Test
    void shouldReadTheSameHistoryFromARunsFolder() {
        Verdict verdict = verify("kill all at step 6", List.of(2), UnaryOperator.identity());

        History kept = History.read(folder.resolve("runs/disturbed-2"));
        History undisturbed = History.read(folder.resolve("runs/undisturbed"));

        assertThat(verdict.objections()).isEmpty();
        assertThat(Judge.judge(kept, undisturbed)).isEmpty();
        assertThat(kept.hash()).hasValue(verdict.undisturbed().hash());
        assertThat(kept.committed()).isEqualTo(STEPS);
    }
}
