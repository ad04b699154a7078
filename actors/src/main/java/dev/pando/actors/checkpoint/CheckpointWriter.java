package dev.pando.actors.checkpoint;

import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.Failures;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.job.Wire;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.TrainerState;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes a node's snapshots to durable storage while training goes on, and finds the newest valid one again.
public final class CheckpointWriter {
    public sealed interface Command permits Write, FindNewest, Gone {}

    /// What the supervisor of a job hears of its checkpoints.
    public sealed interface Report permits Found, Durable, Damaged, NotWritten, Unrecoverable {}

    /// Publish a snapshot. The state's spans stay untouched until the answer.
    ///
    /// Stays inside the node: it names memory.
    public record Write(JobSpec job, TrainerState state, ActorRef<Report> replyTo) implements Command {}

    /// Which checkpoint a job goes on from.
    public record FindNewest(JobSpec job, ActorRef<Report> replyTo) implements Command, Wire {}

    /// @param checkpoint empty where the job has none
    public record Found(Optional<Checkpoint> checkpoint, List<String> damaged) implements Report, Wire {}

    /// @param id in the job's store
    public record Checkpoint(String id, long step, LossHistory history) {}

    public record Durable(long step, String checkpoint, long bytes, double seconds) implements Report, Wire {}

    /// A checkpoint that was sound is so no longer, or the place was away for a while.
    ///
    /// @param step after which that was found
    public record Damaged(long step, String sentence) implements Report, Wire {}

    /// @param sentence for the user
    public record NotWritten(long step, String sentence) implements Report, Wire {}

    /// The job's checkpoints cannot be read, by this worker or by another one.
    public record Unrecoverable(String sentence) implements Report, Wire {}

    /// A supervisor that asked for something has ended, with its job or without.
    private record Gone(String job, ActorRef<Report> supervisor) implements Command {}

    private static final Logger LOG = LoggerFactory.getLogger(CheckpointWriter.class);

    private final ActorContext<Command> context;
    private final ReplicaFactory replicas;
    private final Stopwatch stopwatch;
    private final DeviceThread thread;
    private final Map<String, Set<ActorRef<Report>>> supervisors = new TreeMap<>(); // by job, that live

    // touched by the writer's thread alone
    private final Map<String, CheckpointStore> stores = new TreeMap<>();
    private final Set<String> unwritable = new HashSet<>(); // jobs whose last checkpoint was not written

    private CheckpointWriter(
            ActorContext<Command> context, ReplicaFactory replicas, Stopwatch stopwatch, DeviceThread.Factory threads) {
        this.context = context;
        this.replicas = replicas;
        this.stopwatch = stopwatch;
        this.thread = threads.start("checkpoint-writer");
    }

    public static Behavior<Command> create(ReplicaFactory replicas, Stopwatch stopwatch, DeviceThread.Factory threads) {
        return Behaviors.setup(context -> new CheckpointWriter(context, replicas, stopwatch, threads).serving());
    }

    private Behavior<Command> serving() {
        return Behaviors.receive(
                (_, command) ->
                        switch (command) {
                            case Write request -> write(request);
                            case FindNewest request -> findNewest(request);
                            case Gone gone -> forget(gone);
                        },
                (_, signal) -> signal instanceof PostStop || signal instanceof PreRestart ? end() : Behaviors.same());
    }

    private Behavior<Command> end() {
        thread.submitLast(() -> stores.values().forEach(CheckpointStore::close));
        thread.abandon();
        return Behaviors.same();
    }

    /// What is opened for a job is closed with its last supervisor.
    private void use(JobSpec job, ActorRef<Report> supervisor) {
        if (supervisors.computeIfAbsent(job.id(), id -> new HashSet<>()).add(supervisor)) {
            context.watchWith(supervisor, new Gone(job.id(), supervisor));
        }
    }

    private Behavior<Command> forget(Gone gone) {
        Set<ActorRef<Report>> living = supervisors.getOrDefault(gone.job(), Set.of());
        living.remove(gone.supervisor());
        if (living.isEmpty()) {
            supervisors.remove(gone.job());
            thread.submit(
                            () -> {
                                unwritable.remove(gone.job());
                                Optional.ofNullable(stores.remove(gone.job())).ifPresent(CheckpointStore::close);
                                return true;
                            })
                    .whenComplete((closed, failure) -> {
                        if (failure != null) {
                            LOG.warn("the checkpoints of {} were not closed", gone.job(), failure);
                        }
                    });
        }
        return Behaviors.same();
    }

    private Behavior<Command> write(Write request) {
        use(request.job(), request.replyTo());
        thread.submit(() -> save(request))
                .whenComplete((durable, failure) -> {
                    if (failure != null) {
                        LOG.error("checkpoint of step {} was not written", request.state().step(), failure);
                    }
                    request.replyTo()
                            .tell(
                                    failure == null
                                            ? durable
                                            : new NotWritten(request.state().step(), sentence(request, failure)));
                });
        scrub(request);
        return Behaviors.same();
    }

    private static String sentence(Write request, Throwable failure) {
        String said = Failures.sentence(failure);
        return said.startsWith("the checkpoint")
                ? said
                : "the checkpoint of step " + request.state().step() + " was not saved: " + said;
    }

    /// After all requests, so that no request waits for this. Where nothing can be written, that has been reported.
    private void scrub(Write request) {
        thread.submit(() ->
                        unwritable.contains(request.job().id())
                                ? Optional.<String>empty()
                                : store(request.job()).scrub())
                .whenComplete((damage, failure) -> {
                    if (failure != null) {
                        LOG.warn("checkpoints of {} were not looked after", request.job().id(), failure);
                    } else {
                        damage.ifPresent(
                                sentence -> request.replyTo().tell(new Damaged(request.state().step(), sentence)));
                    }
                });
    }

    private Durable save(Write request) {
        long begin = stopwatch.nanos();
        unwritable.add(request.job().id());
        CheckpointStore store = store(request.job());
        CheckpointStore.Saved saved = store.save(request.state(), replicas.checkpointAttributes(request.job()));
        unwritable.remove(request.job().id());
        store.warning().ifPresent(sentence -> request.replyTo().tell(new Damaged(saved.step(), sentence)));
        return new Durable(saved.step(), saved.id(), saved.bytes(), stopwatch.secondsSince(begin));
    }

    private Behavior<Command> findNewest(FindNewest request) {
        use(request.job(), request.replyTo());
        thread.submit(() -> store(request.job()).newest())
                .whenComplete((newest, failure) -> {
                    if (failure != null) {
                        request.replyTo().tell(new Unrecoverable(Failures.sentence(failure)));
                        return;
                    }
                    Optional<Checkpoint> checkpoint =
                            newest.saved().map(saved -> new Checkpoint(saved.id(), saved.step(), saved.history()));
                    request.replyTo().tell(new Found(checkpoint, newest.damaged()));
                });
        return Behaviors.same();
    }

    private CheckpointStore store(JobSpec job) {
        return stores.computeIfAbsent(job.id(), id -> replicas.checkpoints(job));
    }
}
