package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointInterval;
import dev.pando.actors.checkpoint.CheckpointSchedule;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.planning.RecomputeCheck;
import dev.pando.actors.planning.ShardBalancer;
import dev.pando.actors.planning.Stragglers;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.StageReport.Arrived;
import dev.pando.training.step.LossHistory;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/// What every state of a supervisor works with: the job's workers, its progress, its checkpoints. It knows no state, so
/// no state reaches another one through it.
final class JobContext {
    final JobSpec spec;
    final RecoveredLeadership leadership;
    final Quorum quorum;
    final Leader self;
    final ActorRef<CheckpointWriter.Command> writer;
    final ActorRef<JobEvent> audience;
    final Stopwatch stopwatch;
    final WorkerGroup group;
    final WorkerRegistry registry;
    final JobProgress progress;
    final CommitReports reports;
    final JobCheckpoints checkpoints;
    final Devices devices;
    final Holdings holdings;
    final WorkerFailures failures;
    final Newcomers newcomers;
    final ShardBalancer balance;
    final Stragglers stragglers = new Stragglers();
    final RecomputeCheck recomputed = new RecomputeCheck();
    final InheritedShards inherited;
    private boolean stopping;

    /// @param quorum without which no step is committed
    /// @param self where workers and checkpoint writers report
    /// @param watch reports to the supervisor when an actor has ended
    JobContext(
            JobSpec spec,
            RecoveredLeadership leadership,
            Quorum quorum,
            Leader self,
            ActorRef<CheckpointWriter.Command> writer,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch,
            Consumer<ActorRef<?>> watch) {
        this.spec = spec;
        this.leadership = leadership;
        this.quorum = quorum;
        this.self = self;
        this.writer = writer;
        this.audience = audience;
        this.stopwatch = stopwatch;
        this.group =
                new WorkerGroup(
                        spec.id(), quorum::node, Epoch.beforeFirst(leadership.incarnation()), audience, stopwatch);
        this.registry = group.registry();
        this.progress = new JobProgress(spec);
        CheckpointSchedule schedule =
                new CheckpointSchedule(
                        new CheckpointInterval(spec.checkpointEverySteps(), spec.secondsBetweenFailures()));
        this.reports = new CommitReports(leadership.incarnation(), progress, schedule, registry, audience, stopwatch);
        this.checkpoints = new JobCheckpoints(schedule, group, progress, audience, watch);
        this.devices = new Devices(spec, leadership, self, progress, audience, watch);
        this.holdings =
                spec.isSharded()
                        ? new ShardedHoldings(spec.optimizerCopies(), group, progress, reports, audience)
                        : new ReplicatedHoldings();
        this.balance = new ShardBalancer(spec.shards());
        this.failures =
                new WorkerFailures(
                        quorum, group, progress, schedule, devices, holdings, worker -> forgetSpeed(worker), self);
        this.newcomers = new Newcomers(group, progress, failures);
        this.inherited = new InheritedShards(group, progress);
    }

    private void forgetSpeed(String worker) {
        balance.forget(worker);
        stragglers.forget(worker);
    }

    /// The job is to end after the step in flight.
    void stop() {
        stopping = true;
    }

    boolean isStopping() {
        return stopping;
    }

    void goBackTo(CheckpointWriter.Checkpoint checkpoint) {
        goBackTo(checkpoint.step(), checkpoint.history());
    }

    void goBackTo(long steps, LossHistory history) {
        progress.goBackTo(steps, history);
        checkpoints.schedule().wentBackTo(steps);
        reports.abandon(group.epoch());
    }

    /// @return whether the replica is a newcomer of this job from now on
    boolean seat(Arrived arrived) {
        boolean seated = group.seat(arrived);
        if (seated) {
            quorum.heard(group.node(arrived.device()));
            holdings.arrived(arrived.holding());
        }
        return seated;
    }

    /// A fresh replica of a job that has not begun holds the state already.
    void welcome(Arrived arrived) {
        if (holdings.areComplete(arrived.holding())
                && arrived.holding().step() == progress.position()
                && arrived.holding().history().equals(progress.history())) {
            group.joined(arrived.worker(), progress.position());
        }
    }

    /// The worker's node leaves, and the worker has nothing more to do.
    void dismiss(String worker) {
        devices.left(worker);
        checkpoints.schedule().left(worker);
        forgetSpeed(worker);
        group.dismiss(worker, progress.position());
        holdings.left(worker);
    }
}
