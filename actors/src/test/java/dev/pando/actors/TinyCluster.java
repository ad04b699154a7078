package dev.pando.actors;

import com.typesafe.config.ConfigFactory;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.LocalCollective;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;

/// Several nodes of one cluster in this JVM, with tiny trainers, one collective and one ledger; any of them can be
/// killed.
final class TinyCluster implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    final List<ActorSystem<NodeSupervisor.Command>> nodes = new ArrayList<>();
    final BlockingQueue<JobOwner.Watched> events = new LinkedBlockingQueue<>();
    final List<JobOwner.Told> seen = new ArrayList<>();
    private final String shelf = UUID.randomUUID().toString();
    private final MemoryStore store = new MemoryStore();
    private final LocalCollective.Meeting meeting = new LocalCollective.Meeting();
    private final Function<String, TinyTrainer> trainers;
    private int named;

    /// @param trainers by the name of the worker
    TinyCluster(Function<String, TinyTrainer> trainers) {
        this.trainers = trainers;
    }

    /// Starts a node, and waits until it is a member.
    ActorSystem<NodeSupervisor.Command> start(int devices) throws InterruptedException {
        String name = "node-" + ++named;
        List<String> names = IntStream.range(0, devices).mapToObj(i -> name + ".worker-" + i).toList();
        ActorSystem<NodeSupervisor.Command> node =
                ActorSystem.create(
                        NodeSupervisor.create(names, new TinyWorkbench(), Stopwatch.system()),
                        "tiny",
                        ConfigFactory.parseString("pando.journal.shelf = \"" + shelf + "\"")
                                .withFallback(ConfigFactory.parseResources("cluster.conf"))
                                .withFallback(ConfigFactory.load())
                                .resolve());
        Cluster cluster = Cluster.get(node);
        cluster.manager().tell(Join.create((nodes.isEmpty() ? node : nodes.getFirst()).address()));
        AskPattern.<NodeSupervisor.Command, Done>ask(
                        node,
                        replyTo -> new NodeSupervisor.OwnJobs(Clock.systemUTC(), replyTo),
                        DEADLINE,
                        node.scheduler())
                .toCompletableFuture()
                .join();
        nodes.add(node);
        await("a cluster of " + nodes.size(), () -> nodes.stream().allMatch(this::seesAll));
        return node;
    }

    private boolean seesAll(ActorSystem<?> node) {
        return Cluster.get(node).state().members().filter(member -> member.status().toString().equals("Up")).size()
                == nodes.size();
    }

    /// Ends a node as if its process had been killed, and gives the others the evidence.
    void kill(ActorSystem<NodeSupervisor.Command> victim) {
        nodes.remove(victim);
        Address address = victim.address();
        victim.terminate();
        for (ActorSystem<?> node : nodes) {
            node.eventStream().tell(new EventStream.Publish<>(new NodeGone(address, "killed")));
            Cluster.get(node).manager().tell(new Down(address));
        }
    }

    /// The node whose supervisor leads the job.
    ActorSystem<NodeSupervisor.Command> leading(String job) {
        String node = ask(job, JobOwner.AskStatus::new).node();
        return nodes.stream().filter(any -> any.address().toString().equals(node)).findFirst().orElseThrow();
    }

    JobOwner.Answer submit(JobSpec job) {
        return ask(job.id(), replyTo -> new JobOwner.Submit(job, replyTo));
    }

    <T> T ask(String job, Function<ActorRef<T>, JobOwner.Command> question) {
        return Jobs.owner(nodes.getFirst(), job)
                .<T>ask(question::apply, DEADLINE)
                .toCompletableFuture()
                .orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    /// Hears all that happens to the job, on a node that is never killed.
    void watch(String job, ActorSystem<?> on) {
        on.systemActorOf(
                JobWatcher.create(
                        job,
                        told -> {
                            events.add(told);
                        }),
                "watcher",
                Props.empty());
    }

    <E extends JobEvent> E await(Class<E> kind, Predicate<E> which) throws InterruptedException {
        while (true) {
            JobOwner.Watched event = events.poll(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no " + kind.getSimpleName() + " within " + DEADLINE + ", but " + seen);
            }
            if (event instanceof JobOwner.Told told) {
                seen.add(told);
                if (kind.isInstance(told.event()) && which.test(kind.cast(told.event()))) {
                    return kind.cast(told.event());
                }
            }
        }
    }

    <E extends JobEvent> E await(Class<E> kind) throws InterruptedException {
        return await(kind, _ -> true);
    }

    <E extends JobEvent> List<E> seen(Class<E> kind) {
        return seen.stream().map(JobOwner.Told::event).filter(kind::isInstance).map(kind::cast).toList();
    }

    private static void await(String what, java.util.function.BooleanSupplier here) throws InterruptedException {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!here.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no " + what + " within " + DEADLINE);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    @Override
    public void close() {
        nodes.forEach(ActorSystem::terminate);
    }

    private final class TinyWorkbench implements Workbench {
        @Override
        public Replica replica(JobSpec job, String worker) {
            return new Replica(trainers.apply(worker), meeting.join());
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return store;
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }
}
