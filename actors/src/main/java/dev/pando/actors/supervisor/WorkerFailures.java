package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.StageReport.PeerFailed;
import dev.pando.actors.stage.StageReport.StageFailed;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/// Decides which workers a job continues without, and on what evidence.
///
/// A worker that is lost is given up: its device restarts. A worker whose process merely stands still has fallen
/// silent: other workers do its part of the step, and it joins again as soon as it gives a sign of life.
final class WorkerFailures {
    sealed interface Loss {}

    /// The job has lost no worker.
    record None() implements Loss {}

    record Lost(String worker) implements Loss {}

    /// The job has lost workers so often without progress that it should end.
    record Hopeless(String diagnosis) implements Loss {}

    private final Quorum quorum;
    private final WorkerGroup group;
    private final WorkerRegistry registry;
    private final JobProgress progress;
    private final CheckpointSchedule schedule;
    private final Devices devices;
    private final Holdings holdings;
    private final Consumer<String> forgetSpeed;
    private final Leader self;

    /// @param forgetSpeed drops what was measured of a worker
    /// @param self where the supervisor receives reports
    WorkerFailures(
            Quorum quorum,
            WorkerGroup group,
            JobProgress progress,
            CheckpointSchedule schedule,
            Devices devices,
            Holdings holdings,
            Consumer<String> forgetSpeed,
            Leader self) {
        this.quorum = quorum;
        this.group = group;
        this.registry = group.registry();
        this.progress = progress;
        this.schedule = schedule;
        this.devices = devices;
        this.holdings = holdings;
        this.forgetSpeed = forgetSpeed;
        this.self = self;
    }

    /// A process has ended. Its workers are lost one after the other, each in the state that the loss before led to.
    void nodeGone(NodeGone gone) {
        quorum.silent(gone.address().toString());
        registry.entries().stream()
                .filter(entry -> entry.device().path().address().equals(gone.address()))
                .forEach(entry -> self.stages().tell(new StageFailed(entry.worker(), gone.evidence())));
    }

    /// A tick has passed. A process that stands still is not given up while no reply is due.
    Loss overdue(PendingReplies pending) {
        Collection<String> owing = pending.owing().get();
        Optional<String> still = group.still();
        Optional<String> silent = group.silent(owing, pending.pieces());
        if (still.filter(holdings::canSpare).isPresent() && !owing.isEmpty()) {
            return fellSilent(still.get());
        }
        return silent.map(worker ->
                        timedOut(
                                worker,
                                "silent for "
                                        + ms(group.patienceNs(worker, pending.pieces()))
                                        + ", beyond the job's own pace"))
                .orElse(new None());
    }

    /// Only its part of the step is given up: it may be paused, and come back with all that it holds.
    private Loss fellSilent(String worker) {
        String evidence = "no sign of life for " + ms(group.withoutSignNs(worker));
        quorum.silent(group.node(registry.entry(worker).device()));
        schedule.left(worker);
        forgetSpeed.accept(worker);
        group.fellSilent(worker, evidence, progress.position());
        holdings.lost(worker);
        group.gaveUp(worker);
        return new Lost(worker);
    }

    Loss peerFailed(PeerFailed failed) {
        return failed.epoch() == group.epoch()
                ? timedOut(failed.peer(), failed.evidence() + ", says " + failed.worker())
                : new None();
    }

    /// The worker did not report its failure itself: it may be cut off.
    private Loss timedOut(String worker, String evidence) {
        if (registry.has(worker)) {
            quorum.silent(group.node(registry.entry(worker).device()));
        }
        group.gaveUp(worker);
        return lost(worker, evidence);
    }

    Loss lost(String worker, String evidence) {
        progress.failed();
        boolean wasHere = lose(worker, evidence);
        if (progress.hasExhaustedRetries()) {
            return new Hopeless(
                    String.format(
                            Locale.ROOT,
                            "step %d failed %d times in a row, at last because of %s: %s",
                            progress.position(),
                            progress.failures(),
                            worker,
                            evidence));
        }
        return wasHere ? new Lost(worker) : new None();
    }

    /// @return whether the worker took part in the job
    boolean lose(String worker, String evidence) {
        schedule.lost(worker);
        forgetSpeed.accept(worker);
        boolean deviceEnded = registry.has(worker) && !devices.has(registry.entry(worker).device());
        boolean wasHere = group.lose(worker, evidence, deviceEnded, progress.position());
        holdings.lost(worker);
        return wasHere;
    }

    private static String ms(long ns) {
        return ns / 1_000_000 + " ms";
    }
}
