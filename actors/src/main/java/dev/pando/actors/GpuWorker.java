package dev.pando.actors;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/// One device of a node, the CPU counting as one: owns its one thread and hosts the pipeline stages that compute on it.
///
/// A device whose stage failed is not trusted any more: the worker stops with it, and the [NodeSupervisor] starts a new
/// incarnation with a thread and memory of its own.
public final class GpuWorker {
    /// Where jobs find the devices that are up, on whatever node.
    public static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "gpu-worker");

    public sealed interface Command permits Host, Release, Abandon {}

    /// Build a replica of the job and report to its supervisor.
    public record Host(JobSpec job, ActorRef<JobSupervisor.Command> supervisor) implements Command, Wire {}

    /// The job is over: free what it holds here.
    public record Release(String job) implements Command, Wire {}

    /// The job has given this worker up: what it holds is worth nothing any more.
    public record Abandon(String reason) implements Command, Wire {}

    private final ActorContext<Command> context;
    private final String name;
    private final Workbench workbench;
    private final ActorRef<CheckpointWriter.Command> writer;
    private final Stopwatch stopwatch;
    private final DeviceThread.Factory threads;
    private final DeviceThread thread;

    private GpuWorker(
            ActorContext<Command> context,
            String name,
            Workbench workbench,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory threads) {
        this.context = context;
        this.name = name;
        this.workbench = workbench;
        this.writer = writer;
        this.stopwatch = stopwatch;
        this.threads = threads;
        this.thread = threads.start("device-" + name);
    }

    /// @param name of this incarnation, unique in the grove
    static Behavior<Command> create(
            String name,
            Workbench workbench,
            ActorRef<CheckpointWriter.Command> writer,
            Stopwatch stopwatch,
            DeviceThread.Factory threads) {
        return Behaviors.setup(context -> {
            context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
            return new GpuWorker(context, name, workbench, writer, stopwatch, threads).serving();
        });
    }

    private Behavior<Command> serving() {
        return Behaviors.receive(Command.class)
                .onMessage(Host.class, this::host)
                .onMessage(Release.class, this::release)
                .onMessage(
                        Abandon.class,
                        given -> {
                            context.getLog().warn("{} was given up: {}", name, given.reason());
                            return Behaviors.stopped();
                        })
                .onSignal(Terminated.class, stage -> Behaviors.stopped())
                .onSignal(
                        PostStop.class,
                        stopping -> {
                            thread.abandon();
                            return Behaviors.same();
                        })
                .build();
    }

    private Behavior<Command> host(Host request) {
        // A failed stage holds numbers that nobody trusts: it stops, and takes this worker with it.
        Behavior<PipelineStage.Command> stage =
                Behaviors.supervise(
                                PipelineStage.create(
                                        request.job(),
                                        name,
                                        thread,
                                        context.getSelf(),
                                        workbench,
                                        request.supervisor(),
                                        writer,
                                        stopwatch,
                                        threads))
                        .onFailure(SupervisorStrategy.stop());
        ActorRef<PipelineStage.Command> child = context.spawn(stage, "stage-" + request.job().id());
        context.watch(child);
        return Behaviors.same();
    }

    private Behavior<Command> release(Release over) {
        context.getChild("stage-" + over.job())
                .ifPresent(stage -> {
                    context.unwatch(stage);
                    context.stop(stage);
                });
        return Behaviors.same();
    }
}
