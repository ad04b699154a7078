package dev.pando.actors;

import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ForwardingCollective;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.LocalCollective;
import dev.pando.training.step.Trainer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The real actors on tiny trainers, a collective in memory, and faults that a test asks for.
final class TinyGrove implements AutoCloseable {
    /// Something that happens to one worker at one point of one step, once.
    record Fault(String device, Point point, long step, Runnable effect) {}

    enum Point {
        COMPUTE,
        EXAMINE,
        APPLY,
        /// Of a sharded state, before a worker sends or receives weights, moments, or moments for a checkpoint.
        GATHER,
        REGROUP,
        COLLECT
    }

    /// What strikes replicas whose state is not sharded.
    static final List<Point> OF_ALL = List.of(Point.COMPUTE, Point.EXAMINE, Point.APPLY);

    /// Config of a job that trains [TinyAdam].
    static final String ADAM = "adam";

    private static final long DEADLINE_S = 60;

    final BlockingQueue<JobEvent> events = new LinkedBlockingQueue<>();
    final List<JobEvent> seen = new ArrayList<>();
    final MemoryStore store;
    final List<String> asked = new CopyOnWriteArrayList<>(); // workers that were to build a replica
    private final List<String> refusing = new CopyOnWriteArrayList<>();
    final Map<String, Trainer> trainers = new ConcurrentHashMap<>(); // by the names of their workers
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final LocalCollective.Meeting meeting = new LocalCollective.Meeting();
    private final ActorSystem<NodeSupervisor.Command> system;
    private ActorRef<JobSupervisor.Command> job;

    TinyGrove(int workers, MemoryStore store) {
        this(workers, store, DeviceThread.Factory.platform());
    }

    TinyGrove(int workers, MemoryStore store, DeviceThread.Factory threads) {
        this.store = store;
        List<String> devices = IntStream.range(0, workers).mapToObj(i -> "worker-" + i).toList();
        this.system =
                ActorSystem.create(
                        NodeSupervisor.create(devices, new TinyWorkbench(), Stopwatch.system(), threads), "tiny-grove");
    }

    TinyGrove fault(Fault fault) {
        faults.add(fault);
        return this;
    }

    /// Lets a device take no part in any job.
    TinyGrove refusing(String device) {
        refusing.add(device);
        return this;
    }

    static Runnable throwing() {
        return () -> {
            throw new IllegalStateException("planted");
        };
    }

    static Runnable hanging() {
        return () -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException given) {
                Thread.currentThread().interrupt();
            }
        };
    }

    Runnable stopping(String device) {
        return () -> system.tell(new NodeSupervisor.StopWorker(device));
    }

    TinyGrove submit(JobSpec spec) {
        ActorRef<JobEvent> audience =
                system.systemActorOf(listener(), "audience", org.apache.pekko.actor.typed.Props.empty());
        CompletionStage<ActorRef<JobSupervisor.Command>> submitted =
                AskPattern.ask(
                        system,
                        replyTo -> new NodeSupervisor.Submit(spec, audience, replyTo),
                        Duration.ofSeconds(DEADLINE_S),
                        system.scheduler());
        job = submitted.toCompletableFuture().orTimeout(DEADLINE_S, TimeUnit.SECONDS).join();
        return this;
    }

    void stop() {
        job.tell(new JobSupervisor.Stop());
    }

    private Behavior<JobEvent> listener() {
        return Behaviors.receiveMessage(event -> {
            events.add(event);
            return Behaviors.same();
        });
    }

    /// Waits for an event of a kind; all events until then are in [#seen].
    <E extends JobEvent> E await(Class<E> kind) throws InterruptedException {
        while (true) {
            JobEvent event = events.poll(DEADLINE_S, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no " + kind.getSimpleName() + " within " + DEADLINE_S + " s, but " + seen);
            }
            seen.add(event);
            if (kind.isInstance(event)) {
                return kind.cast(event);
            }
        }
    }

    String awaitHash() throws InterruptedException {
        return await(JobEvent.Finished.class).hash();
    }

    <E extends JobEvent> List<E> seen(Class<E> kind) {
        return seen.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Override
    public void close() {
        system.terminate();
    }

    private final class TinyWorkbench implements ReplicaFactory {
        @Override
        public Replica replica(JobSpec spec, String worker) {
            asked.add(worker);
            if (refusing.contains(worker)) {
                throw new Refusal(worker + " is an abacus", null);
            }
            Trainer trainer =
                    spec.isSharded()
                            ? TinyAdam.sharded()
                            : spec.config().equals(ADAM) ? TinyAdam.whole() : new TinyTrainer();
            trainers.put(worker, trainer);
            String device = worker.replaceAll("#.*", "");
            return new Replica(
                    new FaultyTrainer(device, trainer), new FaultyCollective(device, trainer, meeting.join()));
        }

        @Override
        public CheckpointStore checkpoints(JobSpec spec) {
            return store;
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec spec) {
            return Map.of();
        }
    }

    private void strike(String device, Point point, long step) {
        faults.stream()
                .filter(fault -> fault.device().equals(device) && fault.point() == point && fault.step() == step)
                .findFirst()
                .filter(faults::remove)
                .ifPresent(fault -> fault.effect().run());
    }

    private final class FaultyTrainer extends ForwardingTrainer {
        private final String device;

        FaultyTrainer(String device, Trainer trainer) {
            super(trainer);
            this.device = device;
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            strike(device, Point.COMPUTE, step());
            return super.compute(shard, gradient);
        }

        @Override
        public Examined examine(MemorySegment sum, ShardLoss total) {
            strike(device, Point.EXAMINE, step());
            return super.examine(sum, total);
        }

        @Override
        public Committed apply(MemorySegment sum, ShardLoss total) {
            strike(device, Point.APPLY, step());
            return super.apply(sum, total);
        }
    }

    private final class FaultyCollective extends ForwardingCollective {
        private final String device;
        private final Trainer trainer;

        FaultyCollective(String device, Trainer trainer, Collective collective) {
            super(collective);
            this.device = device;
            this.trainer = trainer;
        }

        @Override
        public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans) {
            strike(device, point(deadline), trainer.step());
            return super.send(deadline, operation, to, spans);
        }

        @Override
        public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
            strike(device, point(deadline), trainer.step());
            return super.receive(deadline, operation, from, spans);
        }

        private static Point point(Deadline deadline) {
            return deadline.name().startsWith("weights")
                    ? Point.GATHER
                    : deadline.name().startsWith("moments") ? Point.REGROUP : Point.COLLECT;
        }
    }
}
