package dev.pando.actors;

import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.step.TrainerState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;

/// One stage of one replica of a job: computes batch shards on its device, takes part in the sum, votes, and applies.
///
/// It decides nothing. Whatever of a step it has computed it keeps until the step is committed or dropped, through any
/// number of epochs, and says so again at the start of each.
// Long because each order stands beside what is done about it.
public final class PipelineStage {
    public sealed interface Command
            permits Serve,
                    EnterEpoch,
                    Compute,
                    Reduce,
                    Apply,
                    Drop,
                    SendState,
                    ReceiveState,
                    LoadCheckpoint,
                    TakeSnapshot,
                    Digest,
                    Built,
                    Copied,
                    Finished,
                    Failed,
                    Tick {}

    /// From now on this supervisor alone counts. Answered by [JobSupervisor.Arrived], or by [JobSupervisor.Building].
    ///
    /// @param incarnation of the supervisor, never less than that of the one before
    record Serve(long incarnation, ActorRef<JobSupervisor.Command> supervisor) implements Command {}

    /// From now on this epoch alone counts. Answered by [JobSupervisor.Computed] for all that is held of the step.
    public record EnterEpoch(long step, Membership membership) implements Command, Wire {}

    /// Compute these batch shards too. Each is answered by [JobSupervisor.Computed].
    public record Compute(long step, long epoch, List<Integer> shards) implements Command, Wire {
        public Compute {
            shards = List.copyOf(shards);
        }
    }

    /// Take part in the sum over all batch shards. Answered by [JobSupervisor.Voted] or [JobSupervisor.ReduceFailed].
    ///
    /// @param total over all batch shards
    /// @param patienceNs after which a silent neighbour is named
    public record Reduce(long step, long epoch, ShardLoss total, long patienceNs) implements Command, Wire {}

    /// The step is committed. Answered by [JobSupervisor.Applied].
    public record Apply(long step, long epoch, ShardLoss total) implements Command, Wire {}

    /// Forget what was computed of the step.
    public record Drop(long step, long epoch) implements Command, Wire {}

    /// Send weights and moments as they are after so many steps to a newcomer.
    public record SendState(long epoch, long operation, String to, long step, long patienceNs)
            implements Command, Wire {}

    /// Receive weights and moments as they are after so many steps. Answered by [JobSupervisor.Ready].
    public record ReceiveState(long epoch, long operation, String from, long step, LossHistory history, long patienceNs)
            implements Command, Wire {}

    /// Take the state from a checkpoint. Answered by [JobSupervisor.Ready].
    public record LoadCheckpoint(long epoch, CheckpointWriter.Checkpoint checkpoint) implements Command, Wire {}

    /// Copy the state and have it written. Answered by [JobSupervisor.SnapshotTaken], later by the writer.
    public record TakeSnapshot(long epoch, long step) implements Command, Wire {}

    /// Say what the state's bits are. Answered by [JobSupervisor.Digested].
    public record Digest(long step) implements Command, Wire {}

    private record Built(StageWork work) implements Command {}

    /// The state is copied: it may change again.
    ///
    /// @param incarnation of the supervisor that asked for it
    private record Copied(TrainerState copy, long incarnation) implements Command {}

    /// Something that ran on the device's thread is done; the actor's thread goes on from there.
    private record Finished(Runnable next) implements Command {}

    private record Failed(String what, Throwable cause) implements Command {}

    /// A batch shard that is computed, and what that took.
    private record Shard(ShardLoss loss, double seconds) {}

    private record Tick() implements Command {}

    private static final int STASHED_AT_MOST = 1_000;
    private static final Duration TICK = Duration.ofMillis(200); // several to the shortest patience of a supervisor
    private static final Duration LONGEST_TURN = Duration.ofMinutes(5); // then the device must be taken for hung

    private final ActorContext<Command> context;
    private final JobSpec job;
    private final String name;
    private final StageThreads threads;
    private final ActorRef<GpuWorker.Command> worker;
    private final ActorRef<CheckpointWriter.Command> writer;
    private final Stopwatch stopwatch;
    private final DeviceThread.Factory factory;
    private final StashBuffer<Command> stash;
    private Optional<DeviceThread> copier = Optional.empty();
    private boolean copying;
    private Serve leader; // whose word counts, and who hears what becomes of it
    private boolean introduced; // whether that one knows what is held here

    private PipelineStage(
            ActorContext<Command> context,
            JobSpec job,
            String name,
            DeviceThread device,
            ActorRef<GpuWorker.Command> worker,
            Serve leader,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory factory,
            StashBuffer<Command> stash) {
        this.context = context;
        this.job = job;
        this.name = name;
        this.worker = worker;
        this.leader = leader;
        this.writer = writer;
        this.stopwatch = stopwatch;
        this.factory = factory;
        this.stash = stash;
        this.threads = new StageThreads(device, factory.start("peers-" + name + "-" + job.id()), stopwatch);
    }

    static Behavior<Command> create(
            JobSpec job,
            String name,
            DeviceThread device,
            ActorRef<GpuWorker.Command> worker,
            Workbench workbench,
            Serve leader,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory factory) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers ->
                        Behaviors.withStash(
                                STASHED_AT_MOST,
                                stash -> {
                                    timers.startTimerWithFixedDelay(new Tick(), TICK);
                                    return new PipelineStage(
                                                    context, job, name, device, worker, leader, writer, stopwatch,
                                                    factory, stash)
                                            .build(workbench);
                                })));
    }

    private Behavior<Command> build(Workbench workbench) {
        AtomicReference<StageWork> built = new AtomicReference<>();
        context.pipeToSelf(
                threads.inOrder(() ->
                        threads.onDevice(() -> {
                            built.set(StageWork.build(job, name, workbench));
                            return built.get();
                        })),
                (work, failure) -> failure == null ? new Built(work) : new Failed("building the replica", failure));
        return building(built);
    }

    private Behavior<Command> building(AtomicReference<StageWork> built) {
        return State.named(
                "building",
                Behaviors.receive(Command.class)
                        .onMessage(
                                Built.class,
                                is -> {
                                    StageWork work = is.work();
                                    introduce(work);
                                    return stash.unstashAll(ready(work, Epoch.beforeFirst(leader.incarnation())));
                                })
                        .onMessage(
                                Serve.class,
                                next -> {
                                    leader = next;
                                    supervisor().tell(new JobSupervisor.Building(name, worker));
                                    return same();
                                })
                        .onMessage(
                                Failed.class,
                                failed ->
                                        Failures.cause(failed.cause()) instanceof Workbench.Refusal refusal
                                                ? refused(refusal.getMessage())
                                                : fail(failed))
                        .onMessage(Tick.class, tick -> same())
                        .onMessage(
                                Command.class,
                                command -> {
                                    stash.stash(command);
                                    return Behaviors.same();
                                })
                        .onSignal(
                                PostStop.class,
                                stopping -> {
                                    threads.end(() -> Optional.ofNullable(built.get()).ifPresent(StageWork::close));
                                    return same();
                                })
                        .build());
    }

    /// It holds nothing, and says so to whoever leads the job next.
    private Behavior<Command> refused(String sentence) {
        context.getLog().warn("{} takes no part in {}: {}", name, job.id(), sentence);
        threads.end(() -> {});
        refuse(sentence);
        return State.named(
                "refused",
                Behaviors.receive(Command.class)
                        .onMessage(
                                Serve.class,
                                next -> {
                                    leader = next;
                                    refuse(sentence);
                                    return same();
                                })
                        .onMessage(Command.class, late -> same())
                        .build());
    }

    private void refuse(String sentence) {
        supervisor().tell(new JobSupervisor.Refused(name, worker, sentence));
    }

    /// @param epoch the one that counts; messages of any other are dropped
    private Behavior<Command> ready(StageWork work, long epoch) {
        return State.named(
                "ready",
                Behaviors.receive(Command.class)
                        .onMessage(Serve.class, next -> serve(work, next))
                        .onMessage(
                                EnterEpoch.class,
                                entered -> entered.membership().epoch() > epoch ? enter(work, entered) : same())
                        .onMessage(Compute.class, order -> order.epoch() == epoch ? compute(work, order) : same())
                        .onMessage(Reduce.class, order -> order.epoch() == epoch ? reduce(work, order) : same())
                        .onMessage(
                                Apply.class,
                                order -> order.epoch() == epoch ? changing(work, epoch, order, this::apply) : same())
                        .onMessage(Drop.class, order -> order.epoch() == epoch ? drop(work) : same())
                        .onMessage(SendState.class, order -> order.epoch() == epoch ? send(work, order) : same())
                        .onMessage(
                                ReceiveState.class,
                                order -> order.epoch() == epoch ? changing(work, epoch, order, this::receive) : same())
                        .onMessage(
                                LoadCheckpoint.class,
                                order -> order.epoch() == epoch ? changing(work, epoch, order, this::load) : same())
                        .onMessage(
                                TakeSnapshot.class,
                                order -> order.epoch() == epoch ? changing(work, epoch, order, this::snapshot) : same())
                        .onMessage(Digest.class, order -> digest(work, order))
                        .onMessage(Finished.class, finished -> finished(work, finished))
                        .onMessage(Copied.class, copied -> copied(copied, 0))
                        .onMessage(Failed.class, this::fail)
                        .onMessage(Tick.class, tick -> saySoIfQueued(work))
                        .onSignal(PostStop.class, stopping -> leave(work))
                        .build());
    }

    /// An order that changes the state, or copies it once more, waits for the copy of it that is under way; all other
    /// work goes on beside it.
    private <C extends Command> Behavior<Command> changing(
            StageWork work, long epoch, C order, BiFunction<StageWork, C, Behavior<Command>> next) {
        if (!copying) {
            return next.apply(work, order);
        }
        stash.stash(order);
        return awaitingCopy(work, epoch, stopwatch.nanos());
    }

    private Behavior<Command> awaitingCopy(StageWork work, long epoch, long since) {
        return State.named(
                "awaiting the copy",
                Behaviors.receive(Command.class)
                        .onMessage(
                                Copied.class,
                                copied -> {
                                    copied(copied, stopwatch.secondsSince(since));
                                    return stash.unstashAll(ready(work, epoch));
                                })
                        .onMessage(Serve.class, next -> stash.unstashAll(serve(work, next)))
                        .onMessage(
                                Finished.class, finished -> finished(work, finished)) // the copy may yet have to begin
                        .onMessage(Failed.class, this::fail)
                        .onMessage(Tick.class, tick -> saySoIfQueued(work))
                        .onMessage(
                                Command.class,
                                later -> {
                                    stash.stash(later);
                                    return same();
                                })
                        .onSignal(PostStop.class, stopping -> leave(work))
                        .build());
    }

    /// While the device computes for other jobs this stage is no less alive, and its supervisor should know.
    private Behavior<Command> saySoIfQueued(StageWork work) {
        long queuedNs = threads.queuedNs();
        if (queuedNs > TICK.toNanos() && queuedNs < LONGEST_TURN.toNanos()) {
            supervisor().tell(new JobSupervisor.Queued(name, work.epoch(), queuedNs));
        }
        return same();
    }

    private Behavior<Command> leave(StageWork work) {
        work.leave(); // ends what is blocked in the collective
        threads.end(work::close);
        copier.ifPresent(DeviceThread::abandon);
        return same();
    }

    /// The last one is gone. What it began here comes to its end first, if it can.
    private Behavior<Command> serve(StageWork work, Serve next) {
        leader = next;
        introduced = false;
        long beforeFirst = Epoch.beforeFirst(next.incarnation());
        work.stepBack(job.id(), name, beforeFirst);
        introduce(work);
        return ready(work, Math.max(work.epoch(), beforeFirst));
    }

    private void introduce(StageWork work) {
        if (!introduced && !work.isChanging()) {
            introduced = true;
            supervisor()
                    .tell(new JobSupervisor.Arrived(name, work.holding(), work.address(), context.getSelf(), worker));
        }
    }

    private ActorRef<JobSupervisor.Command> supervisor() {
        return leader.supervisor();
    }

    private Behavior<Command> enter(StageWork work, EnterEpoch entered) {
        long epoch = entered.membership().epoch();
        work.enter(entered.step(), entered.membership());
        tellHeld(work.computed(), entered.step(), epoch);
        return ready(work, epoch);
    }

    private void tellHeld(SortedMap<Integer, ShardLoss> held, long step, long epoch) {
        held.forEach((shard, loss) -> supervisor().tell(new JobSupervisor.Computed(name, step, epoch, shard, loss, 0)));
    }

    private Behavior<Command> compute(StageWork work, Compute order) {
        work.order(order.step(), order.shards());
        // Who asks for what is held has missed the word of it: a supervisor that took over had newcomers to serve then.
        SortedMap<Integer, ShardLoss> held = work.computed();
        held.keySet().retainAll(order.shards());
        tellHeld(held, order.step(), order.epoch());
        computeNext(work);
        return same();
    }

    /// One shard at a time, so that whatever else the device is asked for waits for one shard at most.
    private void computeNext(StageWork work) {
        work.takeNext()
                .ifPresent(next -> {
                    Callable<Shard> task =
                            () -> {
                                long begin = stopwatch.nanos();
                                ShardLoss loss = work.computeShard(next);
                                return new Shard(loss, stopwatch.secondsSince(begin));
                            };
                    context.pipeToSelf(
                            threads.inOrder(() -> threads.onDevice(task)),
                            (shard, failure) ->
                                    failure == null
                                            ? new Finished(() -> computed(work, next, shard))
                                            : new Failed(
                                                    "step " + next.step() + ", batch shard " + next.shard(), failure));
                });
    }

    private void computed(StageWork work, StageWork.Task task, Shard shard) {
        if (work.finished(task, shard.loss())) {
            supervisor()
                    .tell(
                            new JobSupervisor.Computed(
                                    name, task.step(), work.epoch(), task.shard(), shard.loss(), shard.seconds()));
        }
        computeNext(work);
    }

    private Behavior<Command> reduce(StageWork work, Reduce order) {
        Deadline deadline = new Deadline("all-reduce of step " + order.step(), order.patienceNs());
        int round = work.round();
        inOrder(
                deadline.name(),
                () ->
                        threads.withPeers(() -> work.sum(order, round, deadline))
                                .thenCompose(outcome ->
                                        outcome instanceof Outcome.Done
                                                ? threads.onDevice(
                                                        () -> new StageWork.Sum(outcome, work.examine(order.total())))
                                                : CompletableFuture.completedStage(
                                                        new StageWork.Sum(outcome, new Examined(Double.NaN, 0)))),
                sum -> {
                    if (sum.outcome() instanceof Outcome.Done) {
                        supervisor().tell(new JobSupervisor.Voted(name, order.step(), order.epoch(), sum.examined()));
                    } else {
                        complain(sum.outcome(), order.epoch(), deadline);
                    }
                });
        return same();
    }

    /// Says who was waited for in vain.
    private void complain(Outcome outcome, long epoch, Deadline deadline) {
        switch (outcome) {
            case Outcome.Done done -> {}
            case Outcome.EpochOver over -> {} // the next epoch's orders are on their way
            case Outcome.MemberLost lost ->
                    supervisor().tell(new JobSupervisor.PeerFailed(name, epoch, lost.member(), lost.evidence()));
            case Outcome.TimedOut late ->
                    supervisor()
                            .tell(
                                    new JobSupervisor.PeerFailed(
                                            name,
                                            epoch,
                                            late.waitingFor().getFirst(),
                                            "silent in the " + deadline.name()));
        }
    }

    private Behavior<Command> finished(StageWork work, Finished finished) {
        finished.next().run();
        introduce(work);
        return same();
    }

    private Behavior<Command> apply(StageWork work, Apply order) {
        work.changing();
        onDevice(
                "applying step " + order.step(),
                () -> work.apply(order.step(), order.total()),
                (StageWork.Applied applied) -> {
                    work.applied(applied);
                    supervisor().tell(new JobSupervisor.Applied(name, order.epoch(), applied.committed()));
                });
        return same();
    }

    private Behavior<Command> drop(StageWork work) {
        work.drop();
        return same();
    }

    private Behavior<Command> send(StageWork work, SendState order) {
        Deadline deadline = new Deadline("state for " + order.to(), order.patienceNs());
        inOrder(
                "sending state",
                () ->
                        threads.onDevice(() -> work.stateToSend(order.step()))
                                .thenCompose(state -> threads.withPeers(() -> work.send(deadline, order, state))),
                outcome -> {
                    // The receiver reports; a sender that cannot send finds its newcomer gone, which others see as
                    // well.
                    context.getLog().debug("{} sent its state to {}: {}", name, order.to(), outcome);
                });
        return same();
    }

    private Behavior<Command> receive(StageWork work, ReceiveState order) {
        Deadline deadline = new Deadline("state from " + order.from(), order.patienceNs());
        work.changing();
        inOrder(
                "receiving state",
                () ->
                        threads.onDevice(work::stateToFill)
                                .thenCompose(state -> threads.withPeers(() -> work.receive(deadline, order, state)))
                                .thenCompose(outcome ->
                                        outcome instanceof Outcome.Done
                                                ? threads.onDevice(() -> work.filled(order))
                                                : CompletableFuture.completedStage(outcome)),
                outcome -> {
                    boolean whole = outcome instanceof Outcome.Done;
                    work.replaced(whole ? order.step() : Holding.NOTHING, order.history());
                    if (whole) {
                        supervisor().tell(new JobSupervisor.Ready(name, order.epoch(), order.step()));
                    } else {
                        complain(outcome, order.epoch(), deadline);
                    }
                });
        return same();
    }

    private Behavior<Command> load(StageWork work, LoadCheckpoint order) {
        work.changing();
        onDevice(
                "loading checkpoint " + order.checkpoint().id(),
                () -> work.load(order.checkpoint()),
                nothing -> {
                    work.replaced(order.checkpoint().step(), order.checkpoint().history());
                    supervisor().tell(new JobSupervisor.Ready(name, order.epoch(), order.checkpoint().step()));
                });
        return same();
    }

    private Behavior<Command> snapshot(StageWork work, TakeSnapshot order) {
        copying = true;
        long incarnation = Epoch.incarnation(order.epoch());
        onDevice(
                "taking a snapshot",
                () -> work.snapshot(order.step(), incarnation),
                snapshot -> copy(snapshot, incarnation));
        return same();
    }

    private void copy(StageWork.Copying snapshot, long incarnation) {
        DeviceThread thread = copier.orElseGet(() -> factory.start("snapshot-" + name));
        copier = Optional.of(thread);
        context.pipeToSelf(
                thread.submit(snapshot::run),
                (copy, failure) ->
                        failure == null ? new Copied(copy, incarnation) : new Failed("copying the state", failure));
    }

    /// What an earlier supervisor asked for is nobody's any more: the one that leads now asks when it is due.
    private Behavior<Command> copied(Copied copied, double stallSeconds) {
        copying = false;
        if (copied.incarnation() != leader.incarnation()) {
            return same();
        }
        supervisor().tell(new JobSupervisor.SnapshotTaken(name, copied.copy().step(), stallSeconds, writer));
        writer.tell(new CheckpointWriter.Write(job, copied.copy(), supervisor()));
        return same();
    }

    private Behavior<Command> digest(StageWork work, Digest order) {
        onDevice(
                "hashing the state",
                () -> work.digest(order.step()),
                hash -> supervisor().tell(new JobSupervisor.Digested(name, order.step(), hash)));
        return same();
    }

    private <T> void onDevice(String what, Callable<T> task, Consumer<T> next) {
        inOrder(what, () -> threads.onDevice(task), next);
    }

    private <T> void inOrder(String what, Supplier<CompletionStage<T>> work, Consumer<T> next) {
        context.pipeToSelf(
                threads.inOrder(work),
                (result, failure) ->
                        failure == null ? new Finished(() -> next.accept(result)) : new Failed(what, failure));
    }

    private Behavior<Command> fail(Failed failed) {
        String sentence = failed.what() + ": " + Failures.sentence(failed.cause());
        context.getLog().warn("{} stops: {}", name, sentence, failed.cause());
        supervisor().tell(new JobSupervisor.StageFailed(name, sentence));
        return Behaviors.stopped();
    }

    private static Behavior<Command> same() {
        return Behaviors.same();
    }
}
