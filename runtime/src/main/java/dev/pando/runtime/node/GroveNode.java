package dev.pando.runtime.node;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.build.NodeWorkbench;
import dev.pando.runtime.cluster.ControlPort;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.cluster.NodeSystem;
import dev.pando.runtime.cluster.Others;
import dev.pando.runtime.cluster.Probes;
import dev.pando.runtime.cluster.Seeds;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// One node of a grove in this JVM: it may lead any job of the grove, and its devices work on all of them, for as long
/// as it is a member.
public final class GroveNode implements AutoCloseable {
    private final NodeSystem<Void> node;
    private final Deque<Runnable> opened;
    private final NodeSettings settings;
    private final Others others;
    private final CompletionStage<Done> serving;
    private final NodeWorkbench workbench;
    private boolean closed;

    private GroveNode(
            NodeWorkbench workbench,
            NodeSystem<Void> node,
            Deque<Runnable> opened,
            NodeSettings settings,
            Others others,
            CompletionStage<Done> serving) {
        this.workbench = workbench;
        this.serving = serving;
        this.node = node;
        this.opened = opened;
        this.settings = settings;
        this.others = others;
    }

    public static GroveNode start(NodeSettings settings) {
        return start(settings, UnaryOperator.identity(), new CountDownLatch(1), news -> {});
    }

    /// @param tools what it builds its replicas with, as the actors see it
    /// @param over ends the search for nodes to join
    /// @param news hears what that search waits for, in sentences for people
    public static GroveNode start(
            NodeSettings settings, UnaryOperator<ReplicaFactory> tools, CountDownLatch over, Consumer<String> news) {
        Deque<Runnable> opened = new ArrayDeque<>(); // what is to be closed, the last first
        try {
            ControlPort port = ControlPort.open(settings.host(), settings.port());
            opened.push(port::close);
            Optional<Probes> probes = Probes.of(settings);
            probes.ifPresent(open -> opened.push(open::close));
            List<String> seeds = Seeds.of(settings, port, over, news);
            NodeWorkbench workbench = new NodeWorkbench(settings);
            opened.push(workbench::close);
            JobNames names = new JobNames();
            Others others = new Others();
            CompletableFuture<Done> owning = new CompletableFuture<>();
            NodeSystem<Void> node =
                    NodeSystem.start(
                            settings, port, seeds, guardian(settings, tools.apply(workbench), names, others, owning));
            CompletionStage<Done> serving =
                    node.up()
                            .thenCombine(owning, (up, owner) -> up)
                            .thenApply(ready -> {
                                port.serve(new NodeService(node.system(), names));
                                probes.ifPresent(open -> open.readyWhen(node::isUp));
                                return ready;
                            });
            return new GroveNode(workbench, node, opened, settings, others, serving);
        } catch (RuntimeException refused) {
            opened.forEach(Runnable::run);
            throw refused;
        }
    }

    private static Behavior<Void> guardian(
            NodeSettings settings,
            ReplicaFactory workbench,
            JobNames names,
            Others others,
            CompletableFuture<Done> owning) {
        return Behaviors.setup(context -> {
            context.spawn(others.keeping(), "others");
            context.spawn(names.keeping(), "job-names");
            context.spawn(RunRecorder.create(), "keeper", DispatcherSelector.blocking());
            ActorRef<NodeSupervisor.Command> node =
                    context.spawn(NodeSupervisor.create(settings.workers(), workbench, Stopwatch.system()), "node");
            ActorRef<Done> owner =
                    context.spawnAnonymous(
                            Behaviors.receiveMessage(done -> {
                                owning.complete(done);
                                return Behaviors.stopped();
                            }));
            node.tell(new NodeSupervisor.OwnJobs(Clock.systemUTC(), owner));
            return Behaviors.empty();
        });
    }

    /// Where others join and jobs come in, `host:port`.
    public String address() {
        return settings.host() + ":" + node.port().port();
    }

    /// Where the other members of the grove are, as far as this one knows, and ever knew.
    public List<String> others() {
        return others.all();
    }

    /// Jobs for which anything is open here.
    public int openJobs() {
        return workbench.openJobs();
    }

    /// Completes once the node is a member of the grove, and answers at its address.
    public CompletionStage<Done> up() {
        return serving;
    }

    /// Whether it ever was a member.
    public boolean wasUp() {
        return node.wasUp();
    }

    /// Completes when the node has left, or was told that it is out.
    public CompletionStage<Done> ended() {
        return node.system().getWhenTerminated();
    }

    /// Leaves the grove in order, and frees everything.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            node.leave().toCompletableFuture().get(NodeSystem.leaving().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException late) {
            node.system().terminate(); // the others will notice by themselves
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
        opened.forEach(Runnable::run);
    }
}
