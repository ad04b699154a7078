package dev.pando.chaos.simulation.world;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.JobOwner.Answer;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.actors.owner.JobOwner.Watched;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import dev.pando.chaos.simulation.engine.SimulatedSystem;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// What a cluster and a client do for a job: one puts its owner on a node, and on another one when that one is gone;
/// the other submits the job and watches, wherever it is.
///
/// As in reality, an owner that was replaced may not know it yet: for a moment there may be two.
final class Ownership {
    private sealed interface Command permits Owned, Heard, Answered {}

    private record Owned(ActorRef<JobOwner.Command> owner) implements Command {}

    private record Heard(Watched watched) implements Command {}

    private record Answered(Answer answer) implements Command {}

    private static final int AGAIN = 71;
    private static final int WHERE = 72;
    private static final int END = 73;
    private static final int APART = 74;
    private static final long END_NS = 4_000_000_000L;
    private static final long RETRY_NS = 500_000_000;

    private final SimulatedWorld world;
    private final Engine engine;
    private final JobSpec job;
    private final Plan plan;
    private final ActorRef<SimulatedSystem.Do> root;
    private final Consumer<JobEvent> ear;
    private final Set<Node> departed = new HashSet<>();
    private final Map<Long, Long> epochs = new HashMap<>(); // under which each step was told of
    private Optional<Node> on = Optional.empty();
    private Optional<ActorRef<JobOwner.Command>> owner = Optional.empty();
    private int clients;
    private long entry;
    private long step = -1;
    private boolean submitted;
    private boolean endAsked;
    private int heard;

    /// @param ear hears every event once, in order
    Ownership(SimulatedWorld world, JobSpec job, ActorRef<SimulatedSystem.Do> root, Consumer<JobEvent> ear) {
        this.world = world;
        this.engine = world.engine();
        this.plan = world.plan();
        this.job = job;
        this.root = root;
        this.ear = ear;
    }

    /// The node that owns the job, as the cluster has it.
    Optional<Node> node() {
        return on;
    }

    /// Looks for a node to own the job, until there is one.
    void place() {
        List<Node> nodes = world.candidates().filter(node -> !departed.contains(node)).toList();
        int unfit = plan.circumstances().unfit();
        if (engine.dice(APART, clients) < 0 && nodes.stream().anyMatch(node -> node.number() == unfit)) {
            nodes = nodes.stream().filter(node -> node.number() == unfit).toList(); // it leads, and does nothing else
        }
        on =
                nodes.isEmpty()
                        ? Optional.empty()
                        : Optional.of(
                                nodes.get((int) Long.remainderUnsigned(engine.dice(WHERE, clients), nodes.size())));
        on.ifPresentOrElse(this::own, () -> engine.after(RETRY_NS, null, AGAIN, this::place));
    }

    /// The others have found out that the node is gone, or have put it out.
    void left(Node node) {
        if (departed.add(node) && on.equals(Optional.of(node))) {
            place();
        }
    }

    private void own(Node node) {
        int number = ++clients;
        owner = Optional.empty();
        root.tell(new SimulatedSystem.Do(context -> context.spawn(client(number, node), "client-" + number)));
    }

    private Behavior<Command> client(int number, Node node) {
        return Behaviors.setup(context -> {
            ActorRef<Watched> watcher = context.messageAdapter(Watched.class, Heard::new);
            ActorRef<Answer> answers = context.messageAdapter(Answer.class, Answered::new);
            ActorRef<ActorRef<JobOwner.Command>> reply = context.spawn(passing(context), "reply");
            world.supervisor(node)
                    .tell(new NodeSupervisor.OwnJob(job.id(), world.grove().seenBy(node), world.clock(node), reply));
            return Behaviors.receive(Command.class)
                    .onMessage(
                            Owned.class,
                            owned -> {
                                if (number == clients) {
                                    owner = Optional.of(owned.owner());
                                    context.watch(owned.owner());
                                    owned.owner().tell(new JobOwner.Watch(entry, step, watcher));
                                    ask(answers);
                                }
                                return Behaviors.same();
                            })
                    .onMessage(
                            Heard.class,
                            heard -> {
                                if (number == clients && heard.watched() instanceof Told told) {
                                    hear(told);
                                    ask(answers);
                                }
                                return Behaviors.same();
                            })
                    .onMessage(
                            Answered.class,
                            answered -> {
                                submitted |= answered.answer() instanceof JobOwner.Accepted;
                                ask(answers);
                                return Behaviors.same();
                            })
                    .onSignal(
                            Terminated.class,
                            gone -> {
                                engine.after(RETRY_NS, null, AGAIN, () -> again(number, node));
                                return Behaviors.same();
                            })
                    .build();
        });
    }

    private static Behavior<ActorRef<JobOwner.Command>> passing(ActorContext<Command> client) {
        ActorRef<Command> self = client.getSelf();
        return Behaviors.receiveMessage(owner -> {
            self.tell(new Owned(owner));
            return Behaviors.same();
        });
    }

    /// An owner that ended by itself, since its journal failed, is started again where it was.
    private void again(int number, Node node) {
        if (number != clients || !on.equals(Optional.of(node))) {
            return;
        }
        if (node.isUp()) {
            own(node);
        } else if (!node.isDead()) {
            engine.after(RETRY_NS, null, AGAIN, () -> again(number, node));
        }
    }

    private void ask(ActorRef<Answer> answers) {
        owner.ifPresent(to -> {
            if (!submitted) {
                to.tell(new JobOwner.Submit(job, answers));
            }
            Plan.Circumstances end = plan.circumstances();
            if (!isAskedInAmbush(end) && submitted && heard >= end.endAfter()) {
                boolean atOnce = engine.dice(END, 0) < 0;
                askForTheEnd(atOnce ? 0 : Long.remainderUnsigned(engine.dice(END, 1), END_NS));
            }
        });
    }

    /// The supervisor has got to the state in which the end is asked for.
    void ambush() {
        if (isAskedInAmbush(plan.circumstances())) {
            askForTheEnd(0);
        }
    }

    private static boolean isAskedInAmbush(Plan.Circumstances end) {
        return !end.ambush().isEmpty() && end.endAfter() == 0;
    }

    private void askForTheEnd(long afterNs) {
        Plan.Ending ending = plan.circumstances().ending();
        if (ending == Plan.Ending.COMPLETE || endAsked) {
            return;
        }
        endAsked = true;
        engine.after(
                afterNs,
                null,
                END,
                () ->
                        root.tell(
                                new SimulatedSystem.Do(context ->
                                        owner.ifPresent(
                                                now -> now.tell(asked(ending, context.getSystem().ignoreRef()))))));
    }

    private static JobOwner.Command asked(Plan.Ending ending, ActorRef<Answer> answers) {
        return ending == Plan.Ending.STOPPED ? new JobOwner.Stop(answers) : new JobOwner.Cancel(answers);
    }

    private void hear(Told told) {
        switch (told.event()) {
            case JobEvent.StepCommitted now
                    when now.step() <= step && epochs.getOrDefault(now.step(), -1L) != now.epoch() -> {
                return; // heard of another owner
            }
            case JobEvent.StepCommitted now -> {
                step = now.step();
                epochs.put(step, now.epoch());
            }
            case JobEvent.Started started -> step = started.step() - 1;
            case JobEvent.StateLoaded loaded -> step = loaded.step() - 1;
            default -> {}
        }
        heard++;
        entry = Math.max(entry, told.entry());
        ear.accept(told.event());
    }
}
