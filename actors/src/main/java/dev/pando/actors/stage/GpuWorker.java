package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.Wire;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/// One device of a node, the CPU counting as one: owns its one thread and lends it to the pipeline stages that compute
/// on it.
///
/// A device whose stage failed is not trusted any more: the worker stops with it, and the `NodeSupervisor` starts a new
/// incarnation with another thread and other memory.
public final class GpuWorker {
    /// Where jobs find the devices that are up, on all nodes.
    public static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "gpu-worker");

    public sealed interface Command permits Host, Release, Abandon, Leave {}

    /// A supervisor whose orders count, and where it receives reports.
    ///
    /// @param incarnation of the supervisor, never less than that of the previous one
    /// @param checkpoints where the checkpoint writer reports
    public record Leader(
            long incarnation, ActorRef<StageReport> stages, ActorRef<CheckpointWriter.Report> checkpoints) {}

    /// Build a replica of the job and report to its supervisor; where there is one, report to this supervisor from now
    /// on.
    ///
    /// @param leader the supervisor; orders of an older incarnation are dropped
    public record Host(JobSpec job, Leader leader) implements Command, Wire {}

    /// The job is over: free what it holds here.
    public record Release(String job, long incarnation) implements Command, Wire {}

    /// The job has given this worker up: what it holds is useless.
    public record Abandon(String job, long incarnation, String reason) implements Command, Wire {}

    /// The node leaves: report that to the jobs that work here, and wait until they release this worker.
    ///
    /// @param replyTo receives the worker's name when no job needs it any more
    public record Leave(ActorRef<String> replyTo) implements Command {}

    /// How a worker starts the stage of a job.
    @FunctionalInterface
    public interface Stages {
        /// @param worker name of this incarnation
        /// @param device the one thread that may touch the device, shared by its stages
        Behavior<PipelineStage.Command> start(Host request, String worker, DeviceThread device, ActorRef<Command> self);
    }

    /// A stage of a job that is hosted here, and the latest request for it.
    private record Hosted(Host request, ActorRef<PipelineStage.Command> stage) {}

    private final ActorContext<Command> context;
    private final String name;
    private final Stages stages;
    private final DeviceThread thread;
    private final SortedMap<String, Hosted> hosted = new TreeMap<>(); // by job
    private int started;

    private GpuWorker(ActorContext<Command> context, String name, Stages stages, DeviceThread.Factory threads) {
        this.context = context;
        this.name = name;
        this.stages = stages;
        this.thread = threads.start("device-" + name);
    }

    /// @param name of this incarnation, unique in the cluster
    public static Behavior<Command> create(String name, Stages stages, DeviceThread.Factory threads) {
        return Behaviors.setup(context -> {
            context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
            return new GpuWorker(context, name, stages, threads).serving();
        });
    }

    private Behavior<Command> serving() {
        return Behaviors.receive(
                (_, command) ->
                        switch (command) {
                            case Host request -> host(request);
                            case Release over -> release(over);
                            case Abandon given -> abandon(given);
                            case Leave(var replyTo) -> {
                                context.getSystem()
                                        .receptionist()
                                        .tell(Receptionist.deregister(KEY, context.getSelf()));
                                hosted.values().forEach(this::announce);
                                yield leaving(replyTo);
                            }
                        },
                (_, signal) -> ended(signal));
    }

    /// The worker starts nothing more, and reports to each supervisor of a job that works here that it leaves, until
    /// the last job has released it.
    private Behavior<Command> leaving(ActorRef<String> replyTo) {
        if (hosted.isEmpty()) {
            replyTo.tell(name);
            return free();
        }
        return NamedBehavior.named(
                "leaving",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case Host request -> {
                                        if (hosted.containsKey(request.job().id())) {
                                            host(request);
                                            announce(hosted.get(request.job().id()));
                                        }
                                        yield Behaviors.same();
                                    }
                                    case Release over -> {
                                        release(over);
                                        yield leaving(replyTo);
                                    }
                                    case Abandon given -> abandon(given);
                                    case Leave(var again) -> leaving(again);
                                },
                        (_, signal) -> ended(signal)));
    }

    private Behavior<Command> free() {
        return NamedBehavior.named(
                "free to go",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case Leave(var again) -> leaving(again);
                                    case Host _, Release _, Abandon _ -> Behaviors.same();
                                },
                        (_, signal) -> ended(signal)));
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
        if (isStale(job, request.leader().incarnation())) {
            return Behaviors.same();
        }
        Hosted before = hosted.get(job);
        if (before != null && before.request().job().equals(request.job())) {
            hosted.put(job, new Hosted(request, before.stage()));
            before.stage().tell(new PipelineStage.Serve(request.leader()));
            return Behaviors.same();
        }
        if (before != null) {
            end(before); // of a job of the same name that was not ended here
        }
        request.leader().stages().tell(new StageReport.Building(name, context.getSelf()));
        // The numbers of a failed stage are not to be trusted: it stops, and takes this worker with it.
        Behavior<PipelineStage.Command> stage =
                Behaviors.supervise(stages.start(request, name, thread, context.getSelf()))
                        .onFailure(SupervisorStrategy.stop());
        ActorRef<PipelineStage.Command> child = context.spawn(stage, "stage-" + job + "-" + ++started);
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

    private Behavior<Command> ended(Signal signal) {
        if (signal instanceof PostStop) {
            thread.abandon();
        }
        return signal instanceof Terminated ? Behaviors.stopped() : Behaviors.same(); // a stage has failed
    }

    private void end(Hosted over) {
        hosted.remove(over.request().job().id());
        context.unwatch(over.stage());
        context.stop(over.stage());
    }

    /// Whether a message comes from a supervisor that does not lead the job any more.
    private boolean isStale(String job, long incarnation) {
        Hosted stage = hosted.get(job);
        return stage != null && incarnation < stage.request().leader().incarnation();
    }
}
