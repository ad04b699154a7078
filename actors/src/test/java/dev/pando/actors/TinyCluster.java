package dev.pando.actors;

import com.typesafe.config.ConfigFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.Jobs;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.LocalCollective;
import dev.pando.training.step.Trainer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Adapter;
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
    private final Function<String, Trainer> trainers;
    private final Stopwatch slow = slow();
    private int named;

    /// @param trainers by the name of the worker
    TinyCluster(Function<String, Trainer> trainers) {
        this.trainers = trainers;
    }

    /// All work seems to take very long, so that no worker is given up because the machine is busy with something else.
    private static Stopwatch slow() {
        Stopwatch system = Stopwatch.system();
        long begin = system.nanos();
        return () -> 1_000_000 * (system.nanos() - begin);
    }

    /// Starts nodes of one device each, and waits until they are members.
    ///
    /// @return the first of them
    ActorSystem<NodeSupervisor.Command> start(int number) {
        List<ActorSystem<NodeSupervisor.Command>> started = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            started.add(startOne());
        }
        started.forEach(TinyCluster::awaitUp);
        return started.getFirst();
    }

    private ActorSystem<NodeSupervisor.Command> startOne() {
        ActorSystem<NodeSupervisor.Command> node =
                ActorSystem.create(
                        NodeSupervisor.create(List.of("node-" + ++named + ".worker-0"), new TinyWorkbench(), slow),
                        "tiny",
                        ConfigFactory.parseString("pando.journal.shelf = \"" + shelf + "\"")
                                .withFallback(ConfigFactory.parseResources("cluster.conf"))
                                .withFallback(ConfigFactory.load())
                                .resolve());
        nodes.add(node);
        Cluster.get(node).manager().tell(Join.create(nodes.getFirst().address()));
        AskPattern.<NodeSupervisor.Command, Done>ask(
                        node,
                        replyTo -> new NodeSupervisor.OwnJobs(Clock.systemUTC(), replyTo),
                        DEADLINE,
                        node.scheduler())
                .toCompletableFuture()
                .join();
        return node;
    }

    private static void awaitUp(ActorSystem<?> node) {
        CompletableFuture<Boolean> up = new CompletableFuture<>();
        org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(node)).registerOnMemberUp(() -> up.complete(true));
        up.orTimeout(DEADLINE.toSeconds(), TimeUnit.SECONDS).join();
    }

    /// Ends nodes as if their processes had been killed, and gives the others the evidence.
    void kill(List<ActorSystem<NodeSupervisor.Command>> victims) {
        for (ActorSystem<NodeSupervisor.Command> victim : victims) {
            nodes.removeIf(node -> node.address().equals(victim.address())); // systems of one name are equal
            victim.terminate();
        }
        for (ActorSystem<?> node : nodes) {
            for (ActorSystem<NodeSupervisor.Command> victim : victims) {
                Address address = victim.address();
                node.eventStream().tell(new EventStream.Publish<>(new NodeGone(address, "killed")));
                Cluster.get(node).manager().tell(new Down(address));
            }
        }
    }

    /// Lets the next writes to the journal fail, from any node.
    void loseTheJournalFor(int writes) {
        MemoryLedger.outage(shelf).set(writes);
    }

    boolean hasTheJournal() {
        return MemoryLedger.outage(shelf).get() == 0;
    }

    /// Asks a node to leave in order.
    ///
    /// @return completes when it is gone
    CompletableFuture<Done> leave(ActorSystem<NodeSupervisor.Command> leaver) {
        nodes.removeIf(node -> node.address().equals(leaver.address()));
        return CoordinatedShutdown.get(leaver)
                .runAll(CoordinatedShutdown.actorSystemTerminateReason())
                .toCompletableFuture()
                .orTimeout(2 * DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    /// A node besides these.
    ActorSystem<NodeSupervisor.Command> other(List<ActorSystem<NodeSupervisor.Command>> than) {
        return nodes.stream()
                .filter(node -> than.stream().noneMatch(one -> one.address().equals(node.address())))
                .findFirst()
                .orElseThrow();
    }

    /// Ends all nodes, so that no node is left to notice.
    void killAll() {
        nodes.forEach(ActorSystem::terminate);
        nodes.forEach(node -> node.getWhenTerminated().toCompletableFuture().join());
        nodes.clear();
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

    /// Hears all that happens to the job.
    void watchAgain(String job) {
        watch(job, nodes.getFirst());
    }

    void watch(String job, ActorSystem<?> on) {
        on.systemActorOf(
                JobWatcher.create(
                        job,
                        told -> {
                            events.add(told);
                        }),
                "watcher-" + ++named,
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

    @Override
    public void close() {
        nodes.forEach(ActorSystem::terminate);
    }

    private final class TinyWorkbench implements ReplicaFactory {
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
