package dev.pando.runtime.cluster;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/// Where the other members are: whom a node asks to let it in again when the grove has gone on without it.
public final class Others {
    private final Set<String> known = new ConcurrentSkipListSet<>();

    /// `host:port` of their control ports.
    public List<String> all() {
        return List.copyOf(known);
    }

    /// The actor that keeps them.
    public Behavior<MemberEvent> keeping() {
        return Behaviors.setup(context -> {
            Cluster cluster = Cluster.get(context.getSystem());
            cluster.subscriptions().tell(Subscribe.create(context.getSelf(), MemberEvent.class));
            return Behaviors.receiveMessage(event -> {
                String there = address(event.member());
                if (event.member().address().equals(cluster.selfMember().address())) {
                    return Behaviors.same();
                }
                if (event instanceof MemberUp) {
                    known.add(there);
                } else if (event instanceof MemberRemoved && known.size() > 1) {
                    known.remove(there); // but for the last: it may be this node that is cut off
                }
                return Behaviors.same();
            });
        });
    }

    /// A member's control port, `host:port`.
    public static String address(Member member) {
        return member.address().host().get() + ":" + ControlPort.of(member).orElse(0);
    }
}
