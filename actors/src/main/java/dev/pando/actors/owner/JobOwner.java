package dev.pando.actors.owner;

import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.job.Wire;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.actors.supervisor.RecoveredLeadership;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/// Owns a job: accepts it, keeps its journal, and sees to it that exactly one supervisor leads it, on whatever node the
/// cluster has put this actor.
///
/// The journal is the job's history and its fence. A new owner writes that it leads before its supervisor sends a
/// message at all; an owner that was cut off finds its next page taken and ends. The supervisor never waits for the
/// journal otherwise: what it decides travels to the workers at once, and is written down meanwhile.
public final class JobOwner extends EventSourcedBehavior<JobOwner.Command, JobEntry, JobJournalState> {
    public static final EntityTypeKey<Command> KEY = EntityTypeKey.create(Command.class, "job");

    public sealed interface Command
            permits Submit, AskStatus, AskHistory, Watch, Unwatch, Stop, Cancel, GoOn, Heard, SupervisorGone, Idle {}

    /// Train this. Once it is answered by [Accepted], the job goes on whatever dies. To submit a job again that runs
    /// changes nothing; one that has ended goes on from its newest checkpoint.
    public record Submit(JobSpec job, ActorRef<Answer> replyTo) implements Command, Wire {}

    public record AskStatus(ActorRef<JobStatus> replyTo) implements Command, Wire {}

    /// @param after number of the last entry that is known already, 0 for all
    public record AskHistory(long after, ActorRef<History> replyTo) implements Command, Wire {}

    /// Tell all that happens, and before that all that has happened since a point and since the job was submitted, as
    /// far as it is still known.
    ///
    /// @param afterEntry number of the last journalled entry that the watcher has seen, 0 for all
    /// @param afterStep last committed step that it has seen, -1 for all; only the latest steps are known
    public record Watch(long afterEntry, long afterStep, ActorRef<Watched> watcher) implements Command, Wire {}

    public record Unwatch(ActorRef<Watched> watcher) implements Command, Wire {}

    /// End after the step in flight, with a checkpoint: submitted again, it goes on from there.
    public record Stop(ActorRef<Answer> replyTo) implements Command, Wire {}

    /// End at once.
    public record Cancel(ActorRef<Answer> replyTo) implements Command, Wire {}

    private record GoOn() implements Command {}

    private record Heard(JobEvent event) implements Command {}

    private record SupervisorGone(long incarnation) implements Command {}

    private record Idle() implements Command {}

    public sealed interface Answer extends Wire permits Accepted, Refused {}

    /// It is in the journal.
    public record Accepted(String job) implements Answer {}

    /// @param sentence for the user
    public record Refused(String sentence) implements Answer {}

    /// @param first number of the first entry
    public record History(String job, long first, List<JobEntry> entries) implements Wire {
        public History {
            entries = List.copyOf(entries);
        }
    }

    public sealed interface Watched extends Wire permits Watching, Told {}

    /// From here on the watcher is told. When this owner ends another one takes its place: watch again.
    public record Watching(ActorRef<Command> owner) implements Watched {}

    /// @param entry number of the journal's entry, or of the last one before where the event is not journalled
    public record Told(long entry, Instant at, JobEvent event) implements Watched {}

    /// Starts a supervisor.
    @FunctionalInterface
    public interface Succession {
        Behavior<JobSupervisor.Command> supervisor(
                JobSpec job, RecoveredLeadership inheritance, ActorRef<JobEvent> audience);
    }

    private static final int CRASHES_FORGIVEN = 3;
    private static final Duration IDLE = Duration.ofSeconds(10);

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Succession succession;
    private final Runnable passivate;
    private final Clock clock;
    private final String job;
    private final String node;
    private final ActorRef<JobEvent> audience;
    private final JobStatusProjection standing = new JobStatusProjection();
    private final EventSubscribers watchers = new EventSubscribers();
    private Optional<ActorRef<JobSupervisor.Command>> supervisor = Optional.empty();
    private int crashes; // of supervisors, since a step was committed

    private JobOwner(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            String job,
            Succession succession,
            Runnable passivate,
            Clock clock) {
        super(PersistenceId.of(KEY.name(), job));
        this.context = context;
        this.timers = timers;
        this.job = job;
        this.succession = succession;
        this.passivate = passivate;
        this.clock = clock;
        this.node = context.getSystem().address().toString();
        this.audience = context.messageAdapter(JobEvent.class, Heard::new);
    }

    /// @param job its id
    /// @param passivate asks the starter of this actor to end it, since there is nothing more to do
    public static Behavior<Command> create(
            String job, Succession succession, Consumer<ActorRef<Command>> passivate, Clock clock) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers ->
                        new JobOwner(
                                context, timers, job, succession, () -> passivate.accept(context.getSelf()), clock)));
    }

    /// On nodes that own no jobs.
    static Behavior<Command> absent() {
        return Behaviors.stopped();
    }

    @Override
    public String journalPluginId() {
        return LedgerJournal.ID;
    }

    @Override
    public String snapshotPluginId() {
        return "pekko.persistence.no-snapshot-store";
    }

    @Override
    public JobJournalState emptyState() {
        return new JobJournalState();
    }

    @Override
    public EventHandler<JobJournalState, JobEntry> eventHandler() {
        return JobJournalState::with;
    }

    @Override
    public SignalHandler<JobJournalState> signalHandler() {
        return newSignalHandlerBuilder()
                .onSignal(RecoveryCompleted.instance(), this::recovered)
                .onSignal(Terminated.class, this::terminated)
                .build();
    }

    private void recovered(JobJournalState account) {
        account.after(0)
                .forEach(entry -> {
                    if (entry instanceof JobEntry.Happened happened) {
                        standing.follow(happened.event());
                    }
                });
        if (account.isRunning()) {
            context.getSelf().tell(new GoOn());
        } else {
            rest(account);
        }
    }

    private void terminated(JobJournalState account, Terminated gone) {
        watchers.remove(gone.getRef().<Watched>unsafeUpcast());
        if (supervisor.filter(child -> child.path().equals(gone.getRef().path())).isPresent()) {
            // Behind its last words, which are in the mailbox already.
            context.getSelf().tell(new SupervisorGone(account.incarnation()));
        }
    }

    @Override
    public CommandHandler<Command, JobEntry, JobJournalState> commandHandler() {
        return (account, command) ->
                switch (command) {
                    case Submit submit -> submit(account, submit);
                    case AskStatus ask -> {
                        rest(account);
                        ask.replyTo().tell(standing.status(job, account, node));
                        yield Effect().none();
                    }
                    case AskHistory ask -> {
                        rest(account);
                        long after = Math.clamp(ask.after(), 0, account.last());
                        ask.replyTo().tell(new History(job, after + 1, account.after(after)));
                        yield Effect().none();
                    }
                    case Watch watch -> watch(account, watch);
                    case Unwatch unwatch -> {
                        watchers.remove(unwatch.watcher());
                        context.unwatch(unwatch.watcher());
                        yield Effect().none();
                    }
                    case Stop stop -> end(account, new JobEntry.StopAsked(clock.instant()), stop.replyTo());
                    case Cancel cancel -> end(account, new JobEntry.CancelAsked(clock.instant()), cancel.replyTo());
                    case GoOn _ -> lead(account);
                    case Heard heard -> heard(account, heard.event());
                    case SupervisorGone gone -> supervisorGone(account, gone);
                    case Idle _ -> {
                        if (!account.isRunning()) {
                            passivate.run();
                        }
                        yield Effect().none();
                    }
                };
    }

    private Effect<JobEntry, JobJournalState> submit(JobJournalState account, Submit submit) {
        if (!submit.job().id().equals(job)) {
            submit.replyTo().tell(new Refused("job " + submit.job().id() + " was sent to the owner of " + job));
            return Effect().none();
        }
        if (account.isRunning()) {
            boolean same = account.job().filter(submit.job()::equals).isPresent();
            submit.replyTo()
                    .tell(
                            same
                                    ? new Accepted(job)
                                    : new Refused(
                                            "a job "
                                                    + job
                                                    + " runs already, with another config: cancel it, or give this one"
                                                    + " another name"));
            return Effect().none();
        }
        timers.cancel(Idle.class);
        crashes = 0;
        return Effect()
                .persist(new JobEntry.Submitted(clock.instant(), submit.job()))
                .thenRun(() -> {
                    watchers.forget();
                    submit.replyTo().tell(new Accepted(job));
                    context.getSelf().tell(new GoOn());
                });
    }

    /// The fence first, then the supervisor.
    private Effect<JobEntry, JobJournalState> lead(JobJournalState account) {
        if (!account.isRunning() || supervisor.isPresent()) {
            return Effect().none();
        }
        long incarnation = account.incarnation() + 1;
        return Effect()
                .persist(new JobEntry.Led(clock.instant(), incarnation, node))
                .thenRun(leading -> {
                    ActorRef<JobSupervisor.Command> child =
                            context.spawn(
                                    succession.supervisor(leading.job().orElseThrow(), leading.inheritance(), audience),
                                    "supervisor-" + incarnation);
                    context.watch(child);
                    supervisor = Optional.of(child);
                    JobLed led = new JobLed(leading.job().orElseThrow(), context.getSelf());
                    context.getSystem().eventStream().tell(new EventStream.Publish<>(led));
                    passOn(leading);
                });
    }

    /// Tells the supervisor what it was asked before it was there, or is asked now.
    private void passOn(JobJournalState account) {
        supervisor.ifPresent(child -> {
            if (account.isCancelled()) {
                child.tell(new JobSupervisor.Cancel());
            } else if (account.isStopping()) {
                child.tell(new JobSupervisor.Stop());
            }
        });
    }

    private Effect<JobEntry, JobJournalState> end(JobJournalState account, JobEntry asked, ActorRef<Answer> replyTo) {
        rest(account);
        if (!account.isRunning()) {
            replyTo.tell(new Refused(account.job().isEmpty() ? "there is no job " + job : "job " + job + " has ended"));
            return Effect().none();
        }
        return Effect()
                .persist(asked)
                .thenRun(asking -> {
                    passOn(asking);
                    replyTo.tell(new Accepted(job));
                });
    }

    private Effect<JobEntry, JobJournalState> heard(JobJournalState account, JobEvent event) {
        if (!EventSubscribers.isJournalled(event)) {
            crashes = event instanceof JobEvent.StepCommitted ? 0 : crashes;
            tell(new Told(account.last(), clock.instant(), event));
            return Effect().none();
        }
        Instant now = clock.instant();
        return Effect()
                .persist(new JobEntry.Happened(now, event))
                .thenRun(after -> {
                    tell(new Told(after.last(), now, event));
                    if (event.endsTheJob()) {
                        supervisor.ifPresent(child -> child.tell(new JobSupervisor.EndKept()));
                    }
                    rest(after);
                });
    }

    /// A supervisor that ends without a last word is a defect; the next one goes on from what the workers hold.
    private Effect<JobEntry, JobJournalState> supervisorGone(JobJournalState account, SupervisorGone gone) {
        if (gone.incarnation() != account.incarnation()) {
            return Effect().none();
        }
        supervisor = Optional.empty();
        if (!account.isRunning()) {
            return Effect().none();
        }
        if (++crashes <= CRASHES_FORGIVEN) {
            return lead(account);
        }
        return heard(
                account,
                new JobEvent.Failed(
                        -1,
                        "its supervisor failed "
                                + crashes
                                + " times in a row without a step between; the log says why"));
    }

    private void tell(Told told) {
        standing.follow(told.event());
        watchers.tell(told);
    }

    private Effect<JobEntry, JobJournalState> watch(JobJournalState account, Watch watch) {
        rest(account);
        ActorRef<Watched> watcher = watch.watcher();
        watcher.tell(new Watching(context.getSelf()));
        watchers.missed(account, watch).forEach(watcher::tell);
        watchers.add(watcher);
        context.watch(watcher);
        return Effect().none();
    }

    /// An owner without work is forgotten by its shard after a while, and comes back when it is asked.
    private void rest(JobJournalState account) {
        if (!account.isRunning()) {
            timers.startSingleTimer(Idle.class, new Idle(), IDLE);
        }
    }
}
