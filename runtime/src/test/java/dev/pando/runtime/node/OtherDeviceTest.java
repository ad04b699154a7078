package dev.pando.runtime.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.runtime.Pando;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.build.ProductionWorkbench;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.step.CheckpointStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Another kind of device adds in another order: no job gets its bits unasked.
class OtherDeviceTest {
    private static final String ABACUS = "abacus with 7 beads";

    @TempDir private Path temp;

    private TinyJob tiny;

    @BeforeEach
    void writeText() {
        tiny = new TinyJob(temp);
    }

    @Test
    void shouldNotGoOnWhereAnotherKindBegan() throws Exception {
        train(Submission.of(tiny.settings("run")).with(ByAbacus::new));

        Submission again = Submission.of(tiny.settings("run", "steps=14", "optimizer.schedule-steps=12"));

        assertThatThrownBy(() -> train(again.resuming(true)))
                .rootCause()
                .isInstanceOf(UserError.class)
                .hasMessageContaining("computed on " + ABACUS + ", and here it would be " + CpuOps.kind())
                .hasMessageContaining("--set same-bits=false");
    }

    @Test
    void shouldGoOnThereWhenItIsToldTo() throws Exception {
        train(Submission.of(tiny.settings("run")).with(ByAbacus::new));

        JobResult result =
                train(
                        Submission.of(
                                        tiny.settings(
                                                "run", "steps=14", "optimizer.schedule-steps=12", "same-bits=false"))
                                .resuming(true));

        assertThat(result.step()).isEqualTo(14);
    }

    @Test
    void shouldTakeNoPartInAJobOfAnotherKind() {
        JobSpec theirs = JobAdmission.spec(tiny.settings("run"), "sha256:7", ABACUS);
        JobSpec ours = JobAdmission.spec(tiny.settings("run"), "sha256:7", CpuOps.kind());
        JobSpec anyones = JobAdmission.spec(tiny.settings("run", "same-bits=false"), "sha256:7", ABACUS);

        assertThatThrownBy(() -> ProductionWorkbench.refuseOtherKind(theirs, CpuOps.kind()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("job tiny is computed on " + ABACUS);
        assertThatCode(() -> ProductionWorkbench.refuseOtherKind(ours, CpuOps.kind())).doesNotThrowAnyException();
        assertThatCode(() -> ProductionWorkbench.refuseOtherKind(anyones, CpuOps.kind())).doesNotThrowAnyException();
    }

    private static JobResult train(Submission submission) throws Exception {
        try (Pando pando = Pando.start(submission)) {
            return pando.job().done().toCompletableFuture().get(60, TimeUnit.SECONDS);
        }
    }

    /// Says that it had computed by other means.
    private record ByAbacus(ReplicaFactory tools) implements ReplicaFactory {
        @Override
        public Replica replica(JobSpec job, String worker) {
            return tools.replica(job, worker);
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return tools.checkpoints(job);
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            Map<String, String> attributes = new HashMap<>(tools.checkpointAttributes(job));
            attributes.put("device", ABACUS);
            return attributes;
        }
    }
}
