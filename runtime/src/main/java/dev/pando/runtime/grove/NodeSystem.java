package dev.pando.runtime.grove;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;

/// A node's actor system as a member of the grove's cluster, with its lifelines.
public final class NodeSystem<T> {
    private final ActorSystem<T> system;
    private final CompletableFuture<Done> up = new CompletableFuture<>();

    private NodeSystem(ActorSystem<T> system) {
        this.system = system;
    }

    /// Starts, and asks to be let in.
    public static <T> NodeSystem<T> start(NodeSettings settings, Behavior<T> guardian) {
        LifelinePort port = LifelinePort.open(settings.host());
        try {
            ActorSystem<T> system =
                    ActorSystem.create(
                            guardian,
                            NodeSettings.SYSTEM_NAME,
                            settings.actorSystem(Map.of("pekko.cluster.roles", List.of(settings.name(), port.role()))));
            system.getWhenTerminated().whenComplete((done, failure) -> port.close());
            NodeSystem<T> node = new NodeSystem<>(system);
            org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system))
                    .registerOnMemberUp(() -> node.up.complete(Done.getInstance()));
            system.systemActorOf(Lifelines.create(), "lifelines", Props.empty());
            node.join(settings);
            return node;
        } catch (RuntimeException refused) {
            port.close();
            throw refused;
        }
    }

    private void join(NodeSettings settings) {
        Cluster cluster = Cluster.get(system);
        cluster.manager()
                .tell(
                        settings.join().isPresent()
                                ? new JoinSeedNodes(List.of(settings.join().get()))
                                : new Join(address()));
    }

    public ActorSystem<T> system() {
        return system;
    }

    public Address address() {
        return Cluster.get(system).selfMember().address();
    }

    /// Completes once the node is a member.
    public CompletionStage<Done> up() {
        return up.minimalCompletionStage();
    }

    public boolean wasUp() {
        return up.isDone();
    }

    /// Leaves the grove in order: the others know that nothing is wrong.
    public CompletionStage<Done> leave() {
        return CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.actorSystemTerminateReason());
    }

    /// How long leaving may take.
    public static Duration leaving() {
        return Duration.ofSeconds(15);
    }
}
