package dev.pando.runtime.node;

import dev.pando.actors.liveness.NodeGone;
import dev.pando.actors.owner.JobLed;
import dev.pando.runtime.cluster.NodeSettings;
import dev.pando.runtime.cluster.Others;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/// Tells people at a node's terminal what happens to the grove: who comes, who goes, and which jobs this node leads.
final class Herald {
    private Herald() {}

    /// @param news hears sentences whose subject is this node
    static Behavior<String> create(Consumer<String> news) {
        return Behaviors.setup(context -> {
            Cluster cluster = Cluster.get(context.getSystem());
            cluster.subscriptions()
                    .tell(
                            Subscribe.create(
                                    context.messageAdapter(
                                            MemberEvent.class, event -> sentence(event, cluster.selfMember())),
                                    MemberEvent.class));
            subscribe(context);
            return Behaviors.receiveMessage(sentence -> {
                if (!sentence.isEmpty()) {
                    news.accept(sentence);
                }
                return Behaviors.same();
            });
        });
    }

    private static void subscribe(ActorContext<String> context) {
        context.getSystem()
                .eventStream()
                .tell(
                        new EventStream.Subscribe<>(
                                JobLed.class,
                                context.messageAdapter(JobLed.class, led -> "leads job " + led.job().id())));
        context.getSystem()
                .eventStream()
                .tell(
                        new EventStream.Subscribe<>(
                                NodeGone.class,
                                context.messageAdapter(NodeGone.class, gone -> "sees that " + gone.evidence())));
    }

    /// @return empty where there is nothing to say
    private static String sentence(MemberEvent event, Member self) {
        Member member = event.member();
        if (member.uniqueAddress().equals(self.uniqueAddress())) {
            return "";
        }
        String name = NodeSettings.name(member);
        return event instanceof MemberUp
                ? "sees " + name + " in the grove, at " + Others.address(member)
                : event instanceof MemberRemoved ? "sees that " + name + " is out of the grove" : "";
    }
}
