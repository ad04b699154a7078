package dev.pando.actors.supervisor;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.stage.PipelineStage;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Every worker holds the whole state: a newcomer copies it from one of the others.
final class ReplicatedState implements StatePolicy {
    private final JobContext job;
    private long transfers;

    ReplicatedState(JobContext job) {
        this.job = job;
    }

    @Override
    public Optional<Next> arrange(List<String> stayers, Runnable dismissLeavers) {
        dismissLeavers.run();
        return job.registry.holders().isEmpty() || job.registry.newcomers().isEmpty()
                ? Optional.empty()
                : Optional.of(new Next.Enter(welcoming()));
    }

    /// Newcomers receive the state, each from another holder as far as there are enough.
    private Phase welcoming() {
        SortedSet<String> newcomers = new TreeSet<>(job.registry.newcomers());
        List<String> donors = job.registry.holders();
        long position = job.progress.position();
        job.group.openEpoch(position, "state for " + String.join(", ", newcomers), job.registry.workers());
        long patienceNs = job.group.patienceNs(PendingReplies.WHOLE_STATE) + job.group.longestTurnNs();
        int next = 0;
        for (String newcomer : newcomers) {
            String donor = donors.get(next++ % donors.size());
            long operation = - ++transfers; // below zero, since steps number the all-reduces
            job.audience.tell(new JobEvent.RungTried(Rung.REBUILD_FROM_PEER, position, newcomer + " from " + donor));
            job.group.ask(
                    donor, new PipelineStage.SendState(job.group.epoch(), operation, newcomer, position, patienceNs));
            job.group.ask(
                    newcomer,
                    new PipelineStage.ReceiveState(
                            job.group.epoch(), operation, donor, position, job.progress.history(), patienceNs));
        }
        return receiving(newcomers);
    }

    private Phase receiving(SortedSet<String> awaited) {
        return new AwaitingReady("receiving", job, awaited, 2 * PendingReplies.WHOLE_STATE) {
            @Override
            void oneReady(String newcomer) {
                job.newcomers.served(newcomer);
            }

            @Override
            Next allReady() {
                return new Next.Decide();
            }

            @Override
            Next again() {
                return new Next.Decide();
            }

            @Override
            Next lost(String worker) {
                job.newcomers.without(worker);
                return new Next.Decide();
            }
        };
    }

    @Override
    public void order(PipelineStage.Command order) {
        job.registry.holders().forEach(worker -> job.group.ask(worker, order));
    }

    @Override
    public Next committed(long step, PipelineStage.Command order) {
        return new Next.Decide();
    }

    @Override
    public Next snapshot(Next then) {
        job.checkpoints.takeSnapshot();
        return then;
    }

    @Override
    public Next complete(String hash) {
        return new Next.Complete(hash);
    }

    @Override
    public boolean mayRecover() {
        return true;
    }

    @Override
    public Next takeOver(HoldingsSurvey survey) {
        return new Next.Decide();
    }
}
