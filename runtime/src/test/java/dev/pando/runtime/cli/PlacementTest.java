package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.owner.Jobs;
import dev.pando.runtime.cluster.ControlPort;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.cluster.NodeSystem;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.training.step.CheckpointStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Leave;
import org.apache.pekko.cluster.typed.Subscribe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Jobs that are new are given a place, whatever other nodes do.
///
/// A question about a job has it placed: its owner answers even that it was never submitted.
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class PlacementTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long A_MOMENT_MS = 20;
    private static final int GUESTS = 5;

    @TempDir private Path temp;

    private final List<NodeSystem<Void>> systems = new ArrayList<>();
    private final BlockingQueue<MemberEvent> heard = new LinkedBlockingQueue<>();
    private final Deque<Integer> ports = new ArrayDeque<>();
    private NodeCommands processes;
    private char next = 'a';

    /// The host has the lowest one, and so is the one that lets others in and out.
    @BeforeEach
    void choosePorts() throws IOException {
        processes = new NodeCommands(temp);
        SortedSet<Integer> free = new TreeSet<>();
        while (free.size() <= GUESTS) {
            free.add(NodeCommands.freePort());
        }
        ports.addAll(free);
    }

    @AfterEach
    void endAll() {
        processes.close();
        systems.forEach(node -> node.system().terminate());
        systems.forEach(node -> node.system().getWhenTerminated().toCompletableFuture().join());
    }

    /// The others then hear of one age of that node when it comes up, and of another one when it goes.
    @Test
    void shouldPlaceAJobAfterANodeHasLeftThatDidNotKnowThatItWasUp() throws InterruptedException {
        String unhurried = "cluster.gossip-interval"; // so that a guest hears late that it is up
        NodeSystem<Void> host = startHost(unhurried, "1s");
        NodeSystem<Void> guest;
        int guests = 0;

        do {
            guest = start("guest-" + ++guests, unhurried, "1s", Behaviors.empty());
            String name = "guest-" + guests;
            await(event -> event instanceof MemberUp && NodeSettings.name(event.member()).equals(name));
            do {
                // again and again: it does not heed that before it knows that it was let in
                Cluster.get(guest.system()).manager().tell(new Leave(guest.address()));
            } while (!(heard.poll(A_MOMENT_MS, TimeUnit.MILLISECONDS) instanceof MemberRemoved));
        } while (guest.wasUp() && guests < GUESTS);

        assertThat(placeOneMore(host)).succeedsWithin(PATIENCE);
    }

    @Test
    void shouldPlaceAJobWhileOneOfThreeNodesStandsStill() throws Exception {
        String patience = "cluster.failure-detector.acceptable-heartbeat-pause"; // no node is removed
        NodeSystem<Void> host = startHost(patience, "1h");
        Map<String, Process> others = new HashMap<>();
        for (String name : List.of("second", "third")) {
            others.put(name, startProcess(name, patience + "=1h"));
            await(event -> event instanceof MemberUp && NodeSettings.name(event.member()).equals(name));
        }
        assertThat(placeOneMore(host)).succeedsWithin(PATIENCE);
        Process third = others.get("third");

        new ProcessBuilder("kill", "-STOP", Long.toString(third.pid())).start().waitFor();
        // five, so that not all of them are put on the silent node
        List<CompletableFuture<JobStatus>> asked = IntStream.range(0, 5).mapToObj(i -> placeOneMore(host)).toList();

        assertThat(CompletableFuture.anyOf(asked.toArray(CompletableFuture[]::new))).succeedsWithin(PATIENCE);
        assertThat(Cluster.get(host.system()).state().getMembers()).extracting(NodeSettings::name).contains("third");
    }

    private CompletableFuture<JobStatus> placeOneMore(NodeSystem<?> node) {
        String job = String.valueOf(next++); // neighbours in the alphabet, and so on shards of their own
        return Jobs.owner(node.system(), job).<JobStatus>ask(JobOwner.AskStatus::new, PATIENCE).toCompletableFuture();
    }

    /// The oldest, and so the one that places jobs; it hears of the others.
    private NodeSystem<Void> startHost(String key, String value) {
        CompletableFuture<Done> owning = new CompletableFuture<>();
        NodeSystem<Void> host = start("host", key, value, owner(owning));
        Behavior<MemberEvent> ear =
                Behaviors.setup(context -> {
                    Cluster.get(context.getSystem())
                            .subscriptions()
                            .tell(Subscribe.create(context.getSelf(), MemberEvent.class));
                    return Behaviors.receiveMessage(event -> {
                        heard.add(event);
                        return Behaviors.same();
                    });
                });
        host.system().systemActorOf(ear, "ear", Props.empty());
        host.port().serve((question, answers) -> answers.tell("where", host.address().toString()));
        assertThat(owning).succeedsWithin(PATIENCE);
        assertThat(placeOneMore(host)).succeedsWithin(PATIENCE);
        return host;
    }

    /// A node without devices that owns jobs.
    private static Behavior<Void> owner(CompletableFuture<Done> owning) {
        return Behaviors.setup(context -> {
            ActorRef<NodeSupervisor.Command> node =
                    context.spawn(NodeSupervisor.create(List.of(), new EmptyWorkbench(), Stopwatch.system()), "node");
            ActorRef<Done> told =
                    context.spawnAnonymous(
                            Behaviors.receiveMessage(done -> {
                                owning.complete(done);
                                return Behaviors.stopped();
                            }));
            node.tell(new NodeSupervisor.OwnJobs(Clock.systemUTC(), told));
            return Behaviors.empty();
        });
    }

    private NodeSystem<Void> start(String name, String key, String value, Behavior<Void> guardian) {
        Config defaults = JobConfig.nothing().whole();
        Config grove =
                defaults.getConfig("pando.grove")
                        .withValue("journal", ConfigValueFactory.fromAnyRef(temp.resolve("journal").toString()))
                        .withValue("messages-port", ConfigValueFactory.fromAnyRef(ports.remove()))
                        .withValue("system.pekko." + key, ConfigValueFactory.fromAnyRef(value));
        NodeSystem<Void> node =
                NodeSystem.start(
                        new NodeSettings(name, 0, grove, defaults.getConfig("pando.system"), List.of()),
                        ControlPort.open("127.0.0.1", 0),
                        systems.stream().limit(1).map(host -> host.address().toString()).toList(),
                        guardian);
        systems.add(node);
        return node;
    }

    private Process startProcess(String name, String setting) throws Exception {
        Member host = Cluster.get(systems.getFirst().system()).selfMember();
        List<String> arguments = new ArrayList<>(List.of("node", "--name", name, "--devices", "0"));
        arguments.addAll(List.of("--join", "127.0.0.1:" + ControlPort.of(host).orElseThrow()));
        arguments.addAll(List.of("--set", "pando.grove.journal=" + temp.resolve("journal")));
        arguments.addAll(List.of("--set", "pando.grove.system.pekko." + setting));
        return processes.start(name, arguments);
    }

    private void await(Predicate<MemberEvent> which) throws InterruptedException {
        MemberEvent event;
        do {
            event = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(event).as("an event of a member").isNotNull();
        } while (!which.test(event));
    }

    private static final class EmptyWorkbench implements ReplicaFactory {
        @Override
        public Replica replica(JobSpec job, String worker) {
            throw new IllegalStateException("there is no device");
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            throw new IllegalStateException("no job is submitted");
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }
}
