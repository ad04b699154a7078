package dev.pando.runtime.node;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.supervisor.JobSupervisor;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.BehaviorBuilder;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The one actor that a job adds to an actor system: parent of the node, the job, and the ear that listens to it.
final class JobGuardian {
    sealed interface Command permits Leave, Submitted, Close {}

    /// End the job after the step in flight.
    record Leave() implements Command {}

    /// Stop all that is below.
    record Close() implements Command {}

    private record Submitted(ActorRef<JobSupervisor.Command> supervisor) implements Command {}

    private final ActorContext<Command> context;
    private final ActorRef<JobEvent> audience;
    private final Consumer<JobEvent> ear;

    private JobGuardian(ActorContext<Command> context, ActorRef<JobEvent> audience, Consumer<JobEvent> ear) {
        this.context = context;
        this.audience = audience;
        this.ear = ear;
    }

    /// @param devices of this process, see [#devices]
    /// @param ear hears the job's events; must not block
    static Behavior<Command> create(
            JobSpec job, List<String> devices, ReplicaFactory workbench, Consumer<JobEvent> ear) {
        return Behaviors.setup(context -> {
            ActorRef<NodeSupervisor.Command> node =
                    context.spawn(NodeSupervisor.create(devices, workbench, Stopwatch.system()), "node");
            context.watch(node);
            ActorRef<JobEvent> audience = context.spawn(listening(ear), "audience");
            ActorRef<ActorRef<JobSupervisor.Command>> reply = context.spawn(adapter(context.getSelf()), "reply");
            node.tell(new NodeSupervisor.Submit(job, audience, reply));
            return new JobGuardian(context, audience, ear).submitting(false);
        });
    }

    /// Names of the devices of a process that works alone.
    static List<String> devices(int workers) {
        return IntStream.range(0, workers).mapToObj(i -> "worker-" + i).toList();
    }

    private Behavior<Command> submitting(boolean leaving) {
        return hearing()
                .onMessage(Leave.class, leave -> submitting(true))
                .onMessage(
                        Submitted.class,
                        submitted -> {
                            context.watch(submitted.supervisor());
                            if (leaving) {
                                submitted.supervisor().tell(new JobSupervisor.Stop());
                            }
                            return working(submitted.supervisor());
                        })
                .build();
    }

    private Behavior<Command> working(ActorRef<JobSupervisor.Command> supervisor) {
        return hearing()
                .onMessage(
                        Leave.class,
                        leave -> {
                            supervisor.tell(new JobSupervisor.Stop());
                            return Behaviors.same();
                        })
                .onMessage(Submitted.class, again -> Behaviors.unhandled())
                .build();
    }

    /// A supervisor that is gone without a last word is a defect of ours: a caller must not wait for ever. A last word
    /// waits in the audience's mailbox already, while the news of the end comes past all mailboxes.
    private BehaviorBuilder<Command> hearing() {
        return Behaviors.receive(Command.class)
                .onMessage(Close.class, close -> Behaviors.stopped())
                .onSignal(
                        PostStop.class,
                        stopped -> {
                            ear.accept(new JobEvent.Failed(-1, "its actor system was terminated"));
                            return Behaviors.same();
                        })
                .onSignal(
                        Terminated.class,
                        gone -> {
                            audience.tell(
                                    new JobEvent.Failed(
                                            -1,
                                            gone.getRef().path().name() + " stopped unexpectedly; the log says why"));
                            return Behaviors.same();
                        });
    }

    private static Behavior<JobEvent> listening(Consumer<JobEvent> ear) {
        return Behaviors.receiveMessage(event -> {
            ear.accept(event);
            return Behaviors.same();
        });
    }

    private static Behavior<ActorRef<JobSupervisor.Command>> adapter(ActorRef<Command> host) {
        return Behaviors.receiveMessage(supervisor -> {
            host.tell(new Submitted(supervisor));
            return Behaviors.stopped();
        });
    }
}
