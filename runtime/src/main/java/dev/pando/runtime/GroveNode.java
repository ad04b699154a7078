package dev.pando.runtime;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.Stopwatch;
import dev.pando.runtime.grove.NodeSettings;
import dev.pando.runtime.grove.NodeSystem;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.Done;

/// One node of a grove in this JVM: its devices work on any job of the grove for as long as it is a member.
public final class GroveNode implements AutoCloseable {
    private final NodeSystem<NodeSupervisor.Command> node;
    private final NodeWorkbench workbench;
    private boolean closed;

    private GroveNode(NodeSystem<NodeSupervisor.Command> node, NodeWorkbench workbench) {
        this.node = node;
        this.workbench = workbench;
    }

    public static GroveNode start(NodeSettings settings) {
        NodeWorkbench workbench = new NodeWorkbench();
        try {
            return new GroveNode(
                    NodeSystem.start(
                            settings, NodeSupervisor.create(settings.workers(), workbench, Stopwatch.system())),
                    workbench);
        } catch (RuntimeException refused) {
            workbench.close();
            throw refused;
        }
    }

    /// Where others join, `host:port`.
    public String address() {
        return node.address().getHost().orElseThrow() + ":" + node.address().getPort().orElseThrow();
    }

    /// Completes once the node is a member of the grove.
    public CompletionStage<Done> up() {
        return node.up();
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
        workbench.close();
    }
}
