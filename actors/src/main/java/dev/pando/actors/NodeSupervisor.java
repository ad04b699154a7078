package dev.pando.actors;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.NamedBehavior;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.job.Wire;
import dev.pando.actors.liveness.ClusterView;
import dev.pando.actors.liveness.EvidenceFailureDetector;
import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.liveness.Quorum;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.Jobs;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageStart;
import dev.pando.actors.supervisor.JobSupervisor;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/// Keeps the devices of a node working: one [GpuWorker] each, restarted under a new name whenever one stops.
public final class NodeSupervisor {
    public sealed interface Command permits StopWorker, Submit, OwnJobs, OwnJob, Leave, NodeEnded, Start, Left {}

    /// Stop a device's worker at once, as an operator who pulls a card would. A new incarnation follows.
    public record StopWorker(String device) implements Command, Wire {}

    /// Run a job, supervised on this node.
    ///
    /// Stays inside the node: the audience is the submitter.
    public record Submit(JobSpec job, ActorRef<JobEvent> audience, ActorRef<ActorRef<JobSupervisor.Command>> replyTo)
            implements Command {}

    /// Be one of the nodes that own jobs: the cluster may put any job here, and [Jobs] finds it.
    ///
    /// Once only, and in a cluster only.
    ///
    /// @param clock for the dates in a job's history
    /// @param replyTo receives an answer when this node can be asked about jobs
    public record OwnJobs(Clock clock, ActorRef<Done> replyTo) implements Command {}

    /// The node leaves in order: its workers finish the steps that they are in, and go when their jobs can spare them.
    ///
    /// @param replyTo receives an answer when no job needs any of them
    public record Leave(ActorRef<Done> replyTo) implements Command {}

    /// Own this job. For callers that see to it that one node owns each job, where no cluster decides.
    ///
    /// @param nodes as this one sees them
    /// @param clock for the dates in the job's history
    public record OwnJob(String job, ClusterView nodes, Clock clock, ActorRef<ActorRef<JobOwner.Command>> replyTo)
            implements Command {}

    private record NodeEnded(NodeGone evidence) implements Command {}

    private record Start(String device) implements Command {}

    private record Left() implements Command {}

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final int RESTARTS_AT_ONCE = 3;
    private static final CoordinatedShutdown.Reason DOWNED = CoordinatedShutdown.clusterDowningReason();

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final ReplicaFactory replicas;
    private final ActorRef<CheckpointWriter.Command> writer;
    private final Map<String, ActorRef<GpuWorker.Command>> workers = new TreeMap<>();
    private final Map<String, Integer> incarnations = new TreeMap<>();
    private final Stopwatch stopwatch;
    private final DeviceThread.Factory threads;
    private int owners;

    private NodeSupervisor(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            ReplicaFactory replicas,
            Stopwatch stopwatch,
            DeviceThread.Factory threads) {
        this.context = context;
        this.timers = timers;
        this.replicas = replicas;
        this.stopwatch = stopwatch;
        this.threads = threads;
        // Stateless but for open stores: a restart loses nothing that is published.
        this.writer =
                context.spawn(
                        Behaviors.supervise(CheckpointWriter.create(replicas, stopwatch, threads))
                                .onFailure(SupervisorStrategy.restart()),
                        "checkpoint-writer");
    }

    /// @param devices names of the node's devices, `worker-0` and on
    public static Behavior<Command> create(List<String> devices, ReplicaFactory replicas, Stopwatch stopwatch) {
        return create(devices, replicas, stopwatch, DeviceThread.Factory.platform());
    }

    /// @param threads for the devices and the checkpoint writer
    public static Behavior<Command> create(
            List<String> devices, ReplicaFactory replicas, Stopwatch stopwatch, DeviceThread.Factory threads) {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> {
                    NodeSupervisor node = new NodeSupervisor(context, timers, replicas, stopwatch, threads);
                    ActorRef<NodeGone> evidence = context.messageAdapter(NodeGone.class, NodeEnded::new);
                    context.getSystem().eventStream().tell(new EventStream.Subscribe<>(NodeGone.class, evidence));
                    devices.forEach(node::start);
                    return node.serving();
                }));
    }

    private Behavior<Command> serving() {
        return Behaviors.receive(
                (_, command) ->
                        switch (command) {
                            case Start(String device) -> {
                                start(device);
                                yield Behaviors.same();
                            }
                            case StopWorker request -> stopWorker(request);
                            case Submit request -> submit(request);
                            case OwnJob request -> own(request);
                            case NodeEnded(NodeGone evidence) -> believe(evidence);
                            case OwnJobs own -> {
                                Jobs.own(context.getSystem(), writer, stopwatch, own.clock());
                                leaveBeforeTheNodeDoes();
                                own.replyTo().tell(Done.getInstance());
                                yield Behaviors.same();
                            }
                            case Leave leave -> leave(leave);
                            case Left() -> Behaviors.unhandled();
                        },
                (_, signal) -> signal instanceof Terminated stopped ? workerStopped(stopped) : Behaviors.same());
    }

    private static Behavior<Command> believe(NodeGone evidence) {
        EvidenceFailureDetector.believe(evidence.address());
        return Behaviors.same();
    }

    /// Before the cluster is told, and so before what this node owns moves: the current supervisors release the
    /// workers.
    private void leaveBeforeTheNodeDoes() {
        CoordinatedShutdown shutdown = CoordinatedShutdown.get(context.getSystem());
        String phase = CoordinatedShutdown.PhaseBeforeServiceUnbind();
        Duration patience = Duration.ofMillis(shutdown.timeout(phase).toMillis());
        var self = context.getSelf();
        var scheduler = context.getSystem().scheduler();
        shutdown.addTask(
                phase,
                "workers leave",
                () ->
                        shutdown.getShutdownReason().filter(DOWNED::equals).isPresent()
                                ? CompletableFuture.completedFuture(Done.getInstance()) // no job waits for its work
                                : AskPattern.ask(self, Leave::new, patience, scheduler));
    }

    private Behavior<Command> leave(Leave leave) {
        ActorRef<String> left = context.messageAdapter(String.class, worker -> new Left());
        workers.values().forEach(worker -> worker.tell(new GpuWorker.Leave(left)));
        return leaving(leave, workers.size());
    }

    /// @param owing workers that a job still needs
    private Behavior<Command> leaving(Leave leave, int owing) {
        if (owing == 0) {
            leave.replyTo().tell(Done.getInstance());
        }
        return NamedBehavior.named(
                "leaving",
                Behaviors.receive(
                        (_, command) ->
                                switch (command) {
                                    case Left() -> leaving(leave, owing - 1);
                                    case NodeEnded(NodeGone evidence) -> believe(evidence);
                                    case StopWorker _, Submit _, OwnJobs _, OwnJob _, Leave _, Start _ ->
                                            Behaviors.same();
                                },
                        // a worker that stops now is not restarted
                        (_, signal) -> signal instanceof Terminated ? leaving(leave, owing - 1) : Behaviors.same()));
    }

    private void start(String device) {
        int incarnation = incarnations.merge(device, 1, Integer::sum);
        String name = incarnation == 1 ? device : device + "#" + incarnation;
        ActorRef<GpuWorker.Command> worker =
                context.spawn(
                        Behaviors.supervise(GpuWorker.create(name, this::stage, threads))
                                .onFailure(SupervisorStrategy.stop()),
                        device + "-" + incarnation);
        context.watch(worker);
        workers.put(device, worker);
    }

    private Behavior<PipelineStage.Command> stage(
            GpuWorker.Host request, String worker, DeviceThread device, ActorRef<GpuWorker.Command> self) {
        return StageStart.create(
                request.job(), worker, device, self, replicas, request.leader(), writer, stopwatch, threads);
    }

    private Behavior<Command> stopWorker(StopWorker request) {
        ActorRef<GpuWorker.Command> worker = workers.get(request.device());
        if (worker != null) {
            context.stop(worker);
        }
        return Behaviors.same();
    }

    /// A worker that stops again and again is restarted ever more slowly, so that a broken device cannot busy the job.
    private Behavior<Command> workerStopped(Terminated stopped) {
        workers.entrySet().stream()
                .filter(entry -> entry.getValue().path().equals(stopped.getRef().path()))
                .map(Map.Entry::getKey)
                .findFirst()
                .ifPresent(device -> {
                    workers.remove(device);
                    int patience = incarnations.get(device) - RESTARTS_AT_ONCE;
                    if (patience <= 0) {
                        start(device);
                    } else {
                        Duration wait = Duration.ofMillis(100L << Math.min(patience, 10));
                        timers.startSingleTimer(
                                device, new Start(device), wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT);
                    }
                });
        return Behaviors.same();
    }

    private Behavior<Command> own(OwnJob request) {
        Behavior<JobOwner.Command> owner =
                JobOwner.create(
                        request.job(),
                        (job, inheritance, audience) ->
                                JobSupervisor.create(
                                        job,
                                        inheritance,
                                        new Quorum(request.nodes(), stopwatch),
                                        writer,
                                        audience,
                                        stopwatch),
                        self -> {}, // it may rest here
                        request.clock());
        request.replyTo().tell(context.spawn(owner, "owner-" + request.job() + "-" + ++owners));
        return Behaviors.same();
    }

    private Behavior<Command> submit(Submit request) {
        ActorRef<JobSupervisor.Command> job =
                context.spawn(
                        JobSupervisor.create(request.job(), writer, request.audience(), stopwatch),
                        "job-" + request.job().id());
        request.replyTo().tell(job);
        return Behaviors.same();
    }
}
