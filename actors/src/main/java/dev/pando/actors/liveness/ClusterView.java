package dev.pando.actors.liveness;

import java.time.Duration;
import java.util.Set;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/// The nodes of a grove as one of them sees them, by their addresses: by which a supervisor knows who is gone, and
/// whether it is cut off itself.
public interface ClusterView {
    /// The node that looks.
    String here();

    /// All nodes of the grove, as far as this one knows; none where there is no grove.
    Set<String> members();

    /// Members that do not answer.
    Set<String> unreachable();

    /// Members that sent no heartbeat for this long, though they are not suspect yet.
    default Set<String> quiet(Duration duration) {
        return Set.of();
    }

    /// The node that an actor is on.
    default String of(ActorRef<?> actor) {
        Address address = actor.path().address();
        return address.hasGlobalScope() ? address.toString() : here();
    }

    /// The host that a node is on.
    default String host(String node) {
        Address address = AddressFromURIString.parse(node);
        return address.host().isDefined() ? address.host().get() : "";
    }

    /// A node that belongs to no grove.
    static ClusterView alone(ActorSystem<?> system) {
        return new ClusterView() {
            @Override
            public String here() {
                return system.address().toString();
            }

            @Override
            public Set<String> members() {
                return Set.of();
            }

            @Override
            public Set<String> unreachable() {
                return Set.of();
            }
        };
    }
}
