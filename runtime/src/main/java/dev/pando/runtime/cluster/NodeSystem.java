package dev.pando.runtime.cluster;

import dev.pando.runtime.settings.UserError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;

/// A node's actor system as a member of the grove's cluster, with its control port and its lifelines.
public final class NodeSystem<T> {
    private static final long BETWEEN_LOOKS_MS = 1_000;

    private final ActorSystem<T> system;
    private final ControlPort port;
    private final CompletableFuture<Done> up = new CompletableFuture<>();

    private NodeSystem(ActorSystem<T> system, ControlPort port) {
        this.system = system;
        this.port = port;
    }

    /// Starts, and asks to be let in.
    ///
    /// @param port which it closes when it ends
    /// @param seeds addresses of actor systems to join; none: it is the first
    public static <T> NodeSystem<T> start(
            NodeSettings settings, ControlPort port, List<String> seeds, Behavior<T> guardian) {
        List<String> roles = new ArrayList<>(settings.roles());
        roles.add(port.role());
        ActorSystem<T> system =
                ActorSystem.create(
                        guardian, NodeSettings.SYSTEM_NAME, settings.actorSystem(Map.of("pekko.cluster.roles", roles)));
        system.getWhenTerminated().whenComplete((done, failure) -> port.close());
        NodeSystem<T> node = new NodeSystem<>(system, port);
        org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system))
                .registerOnMemberUp(() -> node.up.complete(Done.getInstance()));
        system.systemActorOf(Lifelines.create(), "lifelines", Props.empty());
        node.join(seeds);
        if (!seeds.isEmpty()) {
            Thread.ofVirtual().name("pando-joining").start(() -> node.lookAround(settings, seeds));
        }
        return node;
    }

    private void join(List<String> seeds) {
        Cluster cluster = Cluster.get(system);
        cluster.manager()
                .tell(
                        seeds.isEmpty()
                                ? new Join(address())
                                : new JoinSeedNodes(seeds.stream().map(AddressFromURIString::parse).toList()));
    }

    /// Those that were found first may die before they let anybody in: until one has, others are asked as well.
    private void lookAround(NodeSettings settings, List<String> asked) {
        List<String> last = asked;
        try {
            while (!up.isDone() && !system.getWhenTerminated().toCompletableFuture().isDone()) {
                TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
                List<String> now = Seeds.answering(Seeds.candidates(settings), silent -> {});
                if (!now.isEmpty() && !now.equals(last) && !up.isDone()) {
                    join(now);
                    last = now;
                }
            }
        } catch (UserError refused) {
            system.log().warn("{}", refused.getMessage());
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    public ActorSystem<T> system() {
        return system;
    }

    public ControlPort port() {
        return port;
    }

    /// Whether it is a member now, and none that is on its way out.
    public boolean isUp() {
        return Cluster.get(system).selfMember().status().equals(MemberStatus.up());
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
