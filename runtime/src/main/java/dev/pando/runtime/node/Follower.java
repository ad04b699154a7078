package dev.pando.runtime.node;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.actors.owner.JobOwner.Watched;
import dev.pando.actors.owner.JobOwner.Watching;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityRef;

/// Hears all that happens to a job, whichever node leads it now: when its owner goes, the next one is asked to go on.
final class Follower {
    sealed interface Command permits Stop, Heard, Again {}

    record Stop() implements Command {}

    private record Heard(Watched watched) implements Command {}

    private record Again() implements Command {}

    // For a word that one is being told, by an owner that may be on its way to another node.
    private static final Duration PATIENCE = Duration.ofMillis(200);
    private static final Duration LONGEST_PATIENCE = Duration.ofSeconds(2);

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Consumer<JobOwner.Command> job;
    private final ActorRef<Watched> self;
    private final Consumer<Told> ear;
    private final Optional<Runnable> farewell;
    private long entry;
    private long step;
    private Duration patience = PATIENCE; // twice as long each time

    private Follower(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            Consumer<JobOwner.Command> job,
            long entry,
            long step,
            Consumer<Told> ear,
            Optional<Runnable> farewell) {
        this.context = context;
        this.timers = timers;
        this.job = job;
        this.entry = entry;
        this.step = step;
        this.ear = ear;
        this.farewell = farewell;
        this.self = context.messageAdapter(Watched.class, Heard::new);
    }

    /// Follows a job from owner to owner.
    ///
    /// @param entry of the journal that is known already, 0 for none
    /// @param step the last one that is known already, -1 for none
    /// @param ear must not block
    static Behavior<Command> of(EntityRef<JobOwner.Command> job, long entry, long step, Consumer<Told> ear) {
        return create(job::tell, entry, step, ear, Optional.empty());
    }

    /// Follows a job for as long as this is its owner.
    ///
    /// @param farewell is called when it is no longer
    static Behavior<Command> of(
            ActorRef<JobOwner.Command> owner, long entry, long step, Consumer<Told> ear, Runnable farewell) {
        return create(owner::tell, entry, step, ear, Optional.of(farewell));
    }

    private static Behavior<Command> create(
            Consumer<JobOwner.Command> job, long entry, long step, Consumer<Told> ear, Optional<Runnable> farewell) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> {
                    Follower follower = new Follower(context, timers, job, entry, step, ear, farewell);
                    follower.ask();
                    return follower.following();
                }));
    }

    private Behavior<Command> following() {
        return Behaviors.receive(Command.class)
                .onMessage(Stop.class, stop -> Behaviors.stopped())
                .onMessage(Heard.class, heard -> hear(heard.watched()))
                .onMessage(
                        Again.class,
                        again -> {
                            ask();
                            return Behaviors.same();
                        })
                .onSignal(
                        Terminated.class,
                        gone -> {
                            if (farewell.isPresent()) {
                                farewell.get().run();
                                return Behaviors.stopped();
                            }
                            ask();
                            return Behaviors.same();
                        })
                .build();
    }

    private void ask() {
        job.accept(new JobOwner.Watch(entry, step, self));
        timers.startSingleTimer(Again.class, new Again(), patience);
        Duration next = patience.multipliedBy(2);
        patience = next.compareTo(LONGEST_PATIENCE) < 0 ? next : LONGEST_PATIENCE;
    }

    private Behavior<Command> hear(Watched watched) {
        switch (watched) {
            case Watching(var owner) -> {
                timers.cancel(Again.class);
                patience = PATIENCE;
                context.watch(owner);
            }
            case Told told when isKnown(told) -> {} // an owner that was slow to answer was asked twice
            case Told told -> {
                entry = Math.max(entry, told.entry());
                switch (told.event()) {
                    case JobEvent.StepCommitted committed -> step = committed.step();
                    case JobEvent.Started started -> step = started.step() - 1;
                    case JobEvent.StateLoaded loaded -> step = loaded.step() - 1;
                    default -> {}
                }
                ear.accept(told);
            }
        }
        return Behaviors.same();
    }

    private boolean isKnown(Told told) {
        return switch (told.event()) {
            case JobEvent.StepCommitted committed -> committed.step() <= step;
            case JobEvent.SnapshotTaken _ -> false; // has no number
            default -> told.entry() <= entry;
        };
    }
}
