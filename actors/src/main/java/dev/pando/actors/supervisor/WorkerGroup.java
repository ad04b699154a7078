package dev.pando.actors.supervisor;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.liveness.AdaptiveTimeouts;
import dev.pando.actors.liveness.MissedReplies;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.training.step.Collective.Membership;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;

/// The workers of a job as its supervisor deals with them: who is here, under which epoch, and who has gone silent.
final class WorkerGroup {
    private static final int LAST_COPY = 10; // pieces of work: a slow last copy of the state beats none

    private final String job;
    private final Function<ActorRef<?>, String> nodes;
    private final ActorRef<JobEvent> audience;
    private final Stopwatch stopwatch;
    private final WorkerRegistry registry = new WorkerRegistry();
    private final AdaptiveTimeouts timeouts = new AdaptiveTimeouts();
    private final MissedReplies silence = new MissedReplies(); // of those who owe an answer
    private final MissedReplies stillness = new MissedReplies(); // of those whose process gives no sign of life
    private final Set<String> lost = new HashSet<>();
    private final SortedMap<String, WorkerRegistry.Entry> away =
            new TreeMap<>(); // those who fell silent and may be back
    private final SortedMap<String, Long> heardNs = new TreeMap<>(); // when each worker was last asked or heard
    private final SortedMap<String, Long> signNs = new TreeMap<>(); // when each worker gave its last sign of life
    private final SortedMap<String, Long> queuedNs = new TreeMap<>(); // longest waits for other jobs in this epoch
    private long longestTurnNs; // of them in the epoch before
    private long epoch;
    private boolean changed = true;

    /// @param nodes the node that an actor is on, as the cluster calls it
    /// @param epoch the one before the first
    WorkerGroup(
            String job,
            Function<ActorRef<?>, String> nodes,
            long epoch,
            ActorRef<JobEvent> audience,
            Stopwatch stopwatch) {
        this.nodes = nodes;
        this.job = job;
        this.epoch = epoch;
        this.audience = audience;
        this.stopwatch = stopwatch;
    }

    WorkerRegistry registry() {
        return registry;
    }

    /// Workers that hold the job's state, in the order of their names.
    List<String> holders() {
        return registry.holders();
    }

    long epoch() {
        return epoch;
    }

    /// The node that a device is on, as the cluster calls it.
    String node(ActorRef<GpuWorker.Command> device) {
        return nodes.apply(device);
    }

    /// The next step needs a new epoch.
    void change() {
        changed = true;
    }

    /// Whether a worker joined or left since the epoch was opened.
    boolean hasChanged() {
        return changed;
    }

    /// From here on these workers, and no others, are the job's; what was sent before is dropped by all of them.
    void openEpoch(long position, String reason, Collection<String> workers) {
        epoch++;
        changed = false;
        longestTurnNs = queuedNs.values().stream().mapToLong(Long::longValue).max().orElse(0);
        queuedNs.clear();
        audience.tell(new JobEvent.EpochOpened(epoch, position, reason, List.copyOf(workers)));
        Membership membership = registry.membership(job, epoch, workers);
        workers.forEach(worker -> ask(worker, new PipelineStage.EnterEpoch(position, membership)));
    }

    /// A replica is here; it is a newcomer, until it holds the state. One that was given up before it sent a message,
    /// since it was frozen while a supervisor took over, comes too late: its device restarts under another name.
    ///
    /// @return whether it is welcome
    boolean seat(StageReport.Arrived arrived) {
        if (lost.contains(arrived.worker())) {
            abandon(arrived.device(), "it was given up before it came");
            return false;
        }
        registry.arrive(
                new WorkerRegistry.Entry(arrived.worker(), arrived.address(), arrived.stage(), arrived.device()));
        if (arrived.shardNs() > 0) { // an earlier leader knew its pace
            timeouts.observe(arrived.worker(), arrived.shardNs());
        }
        away.remove(arrived.worker());
        changed = true;
        silence.heard(arrived.worker());
        return true;
    }

    /// The worker's process gives a sign of life. One that fell silent is a newcomer again: what it holds is of another
    /// step by now, but its replica is there.
    ///
    /// @return whether it is back
    boolean alive(String worker) {
        WorkerRegistry.Entry back = away.remove(worker);
        if (back != null) {
            registry.arrive(back);
            changed = true;
            silence.heard(worker);
        }
        if (registry.has(worker)) {
            long nowNs = stopwatch.nanos();
            Long lastNs = signNs.put(worker, nowNs);
            if (lastNs != null) {
                timeouts.observeSigns(worker, nowNs - lastNs);
            }
            stillness.heard(worker);
        }
        return back != null;
    }

    /// The worker holds the job's state after this many steps.
    void joined(String worker, long position) {
        heard(worker);
        registry.holds(worker);
        audience.tell(new JobEvent.WorkerJoined(worker, position, node(registry.entry(worker).device())));
    }

    /// The worker's node leaves, and nothing of a step is in its hands.
    void dismiss(String worker, long position) {
        WorkerRegistry.Entry entry = registry.leave(worker).orElseThrow();
        forget(worker);
        audience.tell(new JobEvent.WorkerLeft(worker, position)); // before the node continues to leave
        entry.device().tell(new GpuWorker.Release(job, Epoch.incarnation(epoch)));
    }

    private void forget(String worker) {
        changed = true;
        silence.forget(worker);
        stillness.forget(worker);
        timeouts.forget(worker);
        heardNs.remove(worker);
        signNs.remove(worker);
    }

    /// @param deviceEnded whether the device cannot be told: one that only seems to have ended, since this very node
    ///   comes to its end, keeps what it holds for the next leader
    /// @return whether the worker was here
    boolean lose(String worker, String evidence, boolean deviceEnded, long position) {
        Optional<WorkerRegistry.Entry> entry = registry.leave(worker);
        lost.add(worker);
        away.remove(worker);
        entry.filter(left -> !deviceEnded).ifPresent(left -> abandon(left.device(), evidence));
        if (entry.isPresent()) {
            forget(worker);
        }
        audience.tell(new JobEvent.WorkerLost(worker, position, evidence));
        return entry.isPresent();
    }

    /// The job goes on without the worker, until it gives a sign of life.
    void fellSilent(String worker, String evidence, long position) {
        away.put(worker, registry.leave(worker).orElseThrow());
        forget(worker);
        audience.tell(new JobEvent.WorkerFellSilent(worker, position, evidence));
    }

    /// No worker comes back on this device.
    void ended(ActorRef<?> device) {
        away.values().removeIf(entry -> entry.device().equals(device));
    }

    private void abandon(ActorRef<GpuWorker.Command> device, String evidence) {
        device.tell(new GpuWorker.Abandon(job, Epoch.incarnation(epoch), evidence));
    }

    void ask(String worker, PipelineStage.Command question) {
        heard(worker);
        registry.entry(worker).stage().tell(question);
    }

    void heard(String worker) {
        silence.heard(worker);
        heardNs.put(worker, stopwatch.nanos());
    }

    /// The worker's device computes for other jobs: it is no less alive, and no slower, for that.
    void queued(String worker, long forNs) {
        heard(worker);
        queuedNs.merge(worker, forNs, Math::max);
    }

    /// Whether in this epoch one of the two had to wait for other jobs, so that the other one timed out.
    boolean hasQueued(StageReport.PeerFailed failed) {
        return queuedNs.containsKey(failed.worker()) || queuedNs.containsKey(failed.peer());
    }

    /// How long a worker had to wait for other jobs before this epoch was opened.
    long longestTurnNs() {
        return longestTurnNs;
    }

    /// The worker has done a piece of work: a batch shard.
    void hasWorked(String worker) {
        timeouts.observe(worker, stopwatch.nanos() - heardNs.get(worker));
        heard(worker);
    }

    /// Timeout of an answer that takes this many pieces of work.
    long patienceNs(int pieces) {
        return timeouts.ns(pieces * (registry.holders().size() == 1 ? LAST_COPY : 1));
    }

    /// Timeout of the state's holders for newcomers. A newcomer gets a longer one for the last copy, so that the copy
    /// is not blamed for a stalled newcomer.
    long patienceOfDonorsNs(int pieces) {
        return timeouts.ns(pieces);
    }

    /// A tick has passed.
    ///
    /// @param owing workers that owe an answer
    /// @param pieces how many pieces of work the answer is worth
    /// @return the first of them that is silent beyond its timeout
    Optional<String> silent(Collection<String> owing, int pieces) {
        return silence.tick(owing, worker -> patienceNs(worker, pieces)).stream().findFirst();
    }

    /// A tick has passed.
    ///
    /// @return the first worker that has given no sign of life for longer than the timeout; never the last copy of the
    ///   state, since the job could not continue without it
    Optional<String> still() {
        return stillness.tick(registry.workers(), timeouts::withoutSignNs).stream()
                .filter(worker -> !isLastCopy(worker))
                .findFirst();
    }

    /// How long the worker may give no sign of life.
    long withoutSignNs(String worker) {
        return timeouts.withoutSignNs(worker);
    }

    /// The worker was silent for too long: it is about to be lost, and may be back.
    void gaveUp(String worker) {
        timeouts.gaveUp(worker);
    }

    /// More of it for the last copy of the state; none of that for a newcomer, who holds up the last copy.
    long patienceNs(String worker, int pieces) {
        return timeouts.ns(worker, pieces * (isLastCopy(worker) ? LAST_COPY : 1));
    }

    private boolean isLastCopy(String worker) {
        return registry.holders().equals(List.of(worker));
    }
}
