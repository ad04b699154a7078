package dev.pando.actors;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.actors.owner.JobOwner.Watched;
import dev.pando.actors.owner.JobOwner.Watching;
import dev.pando.actors.owner.Jobs;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Hears what happens to a job, each event once, wherever its owner goes meanwhile.
///
/// Ends after the job's last event.
final class JobWatcher {
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /// What the watcher hears: the owner's words, and its own.
    sealed interface Command permits Heard, OwnerGone, AskAgain {}

    private record Heard(Watched watched) implements Command {}

    private record OwnerGone() implements Command {}

    private record AskAgain() implements Command {}

    private final ActorContext<Command> context;
    private final String job;
    private final Consumer<Told> ear;
    private final ActorRef<Watched> self;
    private long entry;
    private long step = -1;

    private JobWatcher(ActorContext<Command> context, String job, Consumer<Told> ear) {
        this.context = context;
        this.job = job;
        this.ear = ear;
        this.self = context.messageAdapter(Watched.class, Heard::new);
    }

    /// @param ear hears the events; must not block
    static Behavior<Command> create(String job, Consumer<Told> ear) {
        return Behaviors.setup(context -> new JobWatcher(context, job, ear).asking());
    }

    /// The owner may be on its way to another node: until it answers, it is asked again.
    private Behavior<Command> asking() {
        return Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(new AskAgain(), AGAIN);
            ask();
            return Behaviors.receive(Command.class)
                    .onMessage(
                            Heard.class,
                            heard ->
                                    switch (heard.watched()) {
                                        case Watching watching -> {
                                            timers.cancelAll();
                                            context.watchWith(watching.owner(), new OwnerGone());
                                            yield watching();
                                        }
                                        case Told told -> hear(told);
                                    })
                    .onMessage(
                            AskAgain.class,
                            again -> {
                                ask();
                                return Behaviors.same();
                            })
                    .onMessage(OwnerGone.class, gone -> Behaviors.same())
                    .build();
        });
    }

    private Behavior<Command> watching() {
        return Behaviors.receive(Command.class)
                .onMessage(
                        Heard.class,
                        heard ->
                                switch (heard.watched()) {
                                    case Watching again -> Behaviors.same();
                                    case Told told -> hear(told);
                                })
                .onMessage(OwnerGone.class, gone -> asking())
                .onMessage(AskAgain.class, late -> Behaviors.same())
                .build();
    }

    private void ask() {
        Jobs.owner(context.getSystem(), job).tell(new JobOwner.Watch(entry, step, self));
    }

    private Behavior<Command> hear(Told told) {
        if (!isNews(told)) {
            return Behaviors.same();
        }
        entry = told.entry();
        step =
                switch (told.event()) {
                    case JobEvent.StepCommitted committed -> committed.step();
                    case JobEvent.StateLoaded loaded -> loaded.step() - 1; // steps from there on come once more
                    default -> step;
                };
        ear.accept(told);
        return told.event().endsTheJob() ? Behaviors.stopped() : Behaviors.same();
    }

    private boolean isNews(Told told) {
        return switch (told.event()) {
            case JobEvent.StepCommitted committed -> committed.step() > step;
            case JobEvent.SnapshotTaken _ -> told.entry() >= entry;
            default -> told.entry() > entry;
        };
    }
}
