package dev.pando.actors.stage;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.job.Wire;
import java.util.SortedMap;
import java.util.TreeMap;
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

    public sealed interface Command permits Host, Release, Abandon, Leave {}

    /// Build a replica of the job and report to its supervisor; or, where there is one, report to this supervisor from
    /// now on.
    ///
    /// @param leader a supervisor; orders of an older incarnation are dropped
    public record Host(JobSpec job, Leader leader) implements Command, Wire {
        public long incarnation() {
            return leader.incarnation();
        }
    }

    /// The job is over: free what it holds here.
    public record Release(String job, long incarnation) implements Command, Wire {}

    /// The job has given this worker up: what it holds is worth nothing any more.
    public record Abandon(String job, long incarnation, String reason) implements Command, Wire {}

    /// The node leaves: tell the jobs that work here, and wait until they let this worker go.
    ///
    /// @param replyTo hears when nothing is in its hands any more
    public record Leave(ActorRef<String> replyTo) implements Command {}

    /// A stage of a job that is hosted here, and what asked for it last.
    private record Hosted(Host request, ActorRef<PipelineStage.Command> stage) {
        JobSpec job() {
            return request.job();
        }

        long incarnation() {
            return request.incarnation();
        }
    }

    private final ActorContext<Command> context;
    private final String name;
    private final ReplicaFactory workbench;
    private final ActorRef<CheckpointWriter.Command> writer;
    private final Stopwatch stopwatch;
    private final DeviceThread.Factory threads;
    private final DeviceThread thread;
    private final SortedMap<String, Hosted> hosted = new TreeMap<>();
    private int stages;

    private GpuWorker(
            ActorContext<Command> context,
            String name,
            ReplicaFactory workbench,
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
    public static Behavior<Command> create(
            String name,
            ReplicaFactory workbench,
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
                .onMessage(Abandon.class, this::abandon)
                .onMessage(
                        Leave.class,
                        leave -> {
                            context.getSystem().receptionist().tell(Receptionist.deregister(KEY, context.getSelf()));
                            hosted.values().forEach(this::announce);
                            return leaving(leave.replyTo());
                        })
                .onSignal(Terminated.class, stage -> Behaviors.stopped())
                .onSignal(PostStop.class, this::end)
                .build();
    }

    /// Nothing new is begun, and whoever leads a job that works here is told, until the last job has let go.
    private Behavior<Command> leaving(ActorRef<String> replyTo) {
        if (hosted.isEmpty()) {
            replyTo.tell(name);
            return NamedBehavior.named(
                    "free to go",
                    Behaviors.receive(Command.class)
                            .onMessage(Leave.class, again -> leaving(again.replyTo()))
                            .onAnyMessage(late -> Behaviors.same())
                            .onSignal(PostStop.class, this::end)
                            .build());
        }
        return NamedBehavior.named("leaving", lettingGo(replyTo));
    }

    private Behavior<Command> lettingGo(ActorRef<String> replyTo) {
        return Behaviors.receive(Command.class)
                .onMessage(
                        Host.class,
                        request -> {
                            if (hosted.containsKey(request.job().id())) {
                                host(request);
                                announce(hosted.get(request.job().id()));
                            }
                            return Behaviors.same();
                        })
                .onMessage(
                        Release.class,
                        over -> {
                            release(over);
                            return leaving(replyTo);
                        })
                .onMessage(Abandon.class, this::abandon)
                .onMessage(Leave.class, again -> leaving(again.replyTo()))
                .onSignal(Terminated.class, stage -> Behaviors.stopped())
                .onSignal(PostStop.class, this::end)
                .build();
    }

    private void announce(Hosted stage) {
        stage.request().leader().stages().tell(new StageReport.Leaving(name, context.getSelf()));
    }

    private Behavior<Command> abandon(Abandon given) {
        if (isStale(given.job(), given.incarnation())) {
            return Behaviors.same();
        }
        context.getLog().warn("{} was given up: {}", name, given.reason());
        return Behaviors.stopped();
    }

    private Behavior<Command> host(Host request) {
        String job = request.job().id();
        if (isStale(job, request.incarnation())) {
            return Behaviors.same();
        }
        Hosted before = hosted.get(job);
        if (before != null && before.job().equals(request.job())) {
            hosted.put(job, new Hosted(request, before.stage()));
            before.stage().tell(new PipelineStage.Serve(request.leader()));
            return Behaviors.same();
        }
        if (before != null) {
            end(before); // of a job of the same name that nobody ended here
        }
        request.leader().stages().tell(new StageReport.Building(name, context.getSelf()));
        // A failed stage holds numbers that nobody trusts: it stops, and takes this worker with it.
        Behavior<PipelineStage.Command> stage =
                Behaviors.supervise(
                                PipelineStage.create(
                                        request.job(),
                                        name,
                                        thread,
                                        context.getSelf(),
                                        workbench,
                                        request.leader(),
                                        writer,
                                        stopwatch,
                                        threads))
                        .onFailure(SupervisorStrategy.stop());
        ActorRef<PipelineStage.Command> child = context.spawn(stage, "stage-" + job + "-" + ++stages);
        context.watch(child);
        hosted.put(job, new Hosted(request, child));
        return Behaviors.same();
    }

    private Behavior<Command> release(Release over) {
        Hosted stage = hosted.get(over.job());
        if (stage != null && !isStale(over.job(), over.incarnation())) {
            end(stage);
        }
        return Behaviors.same();
    }

    private Behavior<Command> end(PostStop stopping) {
        thread.abandon();
        return Behaviors.same();
    }

    private void end(Hosted over) {
        hosted.remove(over.job().id());
        context.unwatch(over.stage());
        context.stop(over.stage());
    }

    /// Whether somebody speaks who does not lead the job any more.
    private boolean isStale(String job, long incarnation) {
        Hosted stage = hosted.get(job);
        return stage != null && incarnation < stage.incarnation();
    }
}
