package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.owner.JobOwner;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.junit.jupiter.api.Test;

/// A node that is asked to leave does its part of the step in flight, and costs the others nothing.
class LeavingTest {
    private static final int SHARDS = 7;
    private static final long ENDLESS = 1_000_000_000;

    @Test
    void shouldRedoNothingWhenANodeLeaves() throws InterruptedException {
        try (TinyCluster cluster = new TinyCluster(_ -> new TinyTrainer())) {
            cluster.start(3);
            cluster.submit(endless(3));
            ActorSystem<NodeSupervisor.Command> leading = cluster.leading("tiny");
            cluster.watch("tiny", leading);
            cluster.await(JobEvent.StepCommitted.class, committed -> committed.workers() == 3);

            CompletableFuture<Done> gone = cluster.leave(cluster.other(List.of(leading)));

            JobEvent.WorkerLeft left = cluster.await(JobEvent.WorkerLeft.class);
            goOnFor(20, left.step(), cluster);
            assertThat(cluster.seen(JobEvent.StepCommitted.class).getLast().workers()).isEqualTo(2);
            assertNothingWasLost(cluster);
            gone.join();
        }
    }

    @Test
    void shouldMoveTheLeadWhenTheNodeLeavesThatLeads() throws InterruptedException {
        try (TinyCluster cluster = new TinyCluster(_ -> new TinyTrainer())) {
            cluster.start(3);
            cluster.submit(endless(3));
            ActorSystem<NodeSupervisor.Command> leading = cluster.leading("tiny");
            cluster.watch("tiny", cluster.other(List.of(leading)));
            cluster.await(JobEvent.StepCommitted.class, committed -> committed.workers() == 3);

            CompletableFuture<Done> gone = cluster.leave(leading);

            cluster.await(JobEvent.WorkerLeft.class);
            JobEvent.Started again = cluster.await(JobEvent.Started.class, started -> started.step() > 0);
            goOnFor(20, again.step(), cluster);
            assertThat(again.resumed()).isTrue();
            assertNothingWasLost(cluster);
            gone.join();
        }
    }

    @Test
    void shouldLeaveACheckpointOfThisVeryStepWhenAllLeave() throws InterruptedException {
        try (TinyCluster cluster = new TinyCluster(_ -> new TinyTrainer())) {
            ActorSystem<NodeSupervisor.Command> only = cluster.start(1);
            cluster.watch("tiny", only);
            cluster.submit(endless(1));
            cluster.await(JobEvent.StepCommitted.class);

            cluster.leave(only).join();

            JobEvent.WorkerLeft left = cluster.await(JobEvent.WorkerLeft.class);
            assertThat(cluster.seen(JobEvent.CheckpointDurable.class).getLast().step()).isEqualTo(left.step());
        }
    }

    private static void goOnFor(long steps, long after, TinyCluster cluster) throws InterruptedException {
        cluster.await(JobEvent.StepCommitted.class, committed -> committed.step() > after + steps);
        cluster.<JobOwner.Answer>ask("tiny", JobOwner.Cancel::new);
        cluster.await(JobEvent.Stopped.class);
    }

    private static void assertNothingWasLost(TinyCluster cluster) {
        List<String> left = cluster.seen(JobEvent.WorkerLeft.class).stream().map(JobEvent.WorkerLeft::worker).toList();
        assertThat(cluster.seen(JobEvent.WorkerLost.class))
                .extracting(JobEvent.WorkerLost::worker)
                .doesNotContainAnyElementsOf(left);
        assertThat(cluster.seen(JobEvent.StateLoaded.class)).isEmpty();
        List<JobEvent.StepCommitted> seen = cluster.seen(JobEvent.StepCommitted.class);
        List<Committed> undisturbed = undisturbed(seen.getLast().step() + 1);
        assertThat(seen)
                .allSatisfy(step -> {
                    Committed same = undisturbed.get((int) step.step());
                    assertThat(step.loss()).isEqualTo(same.loss());
                    assertThat(step.gradientNorm()).isEqualTo(same.gradientNorm());
                });
        assertThat(seen).extracting(JobEvent.StepCommitted::step).doesNotHaveDuplicates().isSorted();
    }

    private static List<Committed> undisturbed(long steps) {
        try (TinyTrainer trainer = new TinyTrainer();
                Arena arena = Arena.ofConfined()) {
            List<Committed> committed = new ArrayList<>();
            new PlainLoop(trainer, SHARDS, Memory.of(arena)).run(steps, committed::add);
            return committed;
        }
    }

    private static JobSpec endless(int workers) {
        return new JobSpec("tiny", ENDLESS, SHARDS, workers, ENDLESS, "");
    }
}
