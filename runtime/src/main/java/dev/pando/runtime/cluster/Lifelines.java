package dev.pando.runtime.cluster;

import dev.pando.actors.liveness.NodeGone;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Subscribe;

/// Holds a plain TCP connection to every other node, so that the death of a process is known when its kernel closes it,
/// and not when a timeout has passed.
///
/// A connection that ends proves little; one that ends and is then refused proves that nobody listens there any more.
/// That moves work at once, by [NodeGone]. A node of this very machine is declared down, too. On another one it may
/// have been a firewall who refused, on both sides of a partition: there only those declare it down who still hold on
/// to more than half of the grove, and for the others the split brain resolver has the word.
final class Lifelines {
    sealed interface Command permits Changed, Held, Ended, Again {}

    private record Changed(MemberEvent event) implements Command {}

    private record Held(Member member) implements Command {}

    private record Ended(Member member, boolean refused) implements Command {}

    private record Again(Member member) implements Command {}

    private static final int CONNECT_MS = 5_000;
    private static final Duration BEFORE_ANOTHER_TRY = Duration.ofMillis(200);

    private final ActorContext<Command> context;
    private final TimerScheduler<Command> timers;
    private final Cluster cluster;
    private final Set<UniqueAddress> held = new HashSet<>();
    private final Set<UniqueAddress> doubtful = new HashSet<>(); // of those held: not connected now

    private Lifelines(ActorContext<Command> context, TimerScheduler<Command> timers, Cluster cluster) {
        this.context = context;
        this.timers = timers;
        this.cluster = cluster;
    }

    static Behavior<Command> create() {
        return Behaviors.setup(context ->
                Behaviors.withTimers(timers -> {
                    Cluster cluster = Cluster.get(context.getSystem());
                    cluster.subscriptions()
                            .tell(
                                    Subscribe.create(
                                            context.messageAdapter(MemberEvent.class, Changed::new),
                                            MemberEvent.class));
                    return new Lifelines(context, timers, cluster).watching();
                }));
    }

    private Behavior<Command> watching() {
        return Behaviors.receiveMessage(command -> {
            switch (command) {
                case Changed(MemberEvent event) -> changed(event.member());
                case Held(Member member) -> doubtful.remove(member.uniqueAddress());
                case Ended(Member member, boolean refused) -> ended(member, refused);
                case Again(Member member) -> take(member);
            }
            return Behaviors.same();
        });
    }

    private void changed(Member member) {
        if (member.uniqueAddress().equals(cluster.selfMember().uniqueAddress())) {
            return;
        }
        if (isHere(member)) {
            if (held.add(member.uniqueAddress())) {
                doubtful.add(member.uniqueAddress());
                take(member);
            }
        } else {
            held.remove(member.uniqueAddress());
            doubtful.remove(member.uniqueAddress());
        }
    }

    /// One that is on its way out ends its process without anything being wrong.
    private static boolean isHere(Member member) {
        return switch (member.status().toString()) {
            case "Joining", "WeaklyUp", "Up" -> true;
            default -> false;
        };
    }

    private void take(Member member) {
        if (!held.contains(member.uniqueAddress())) {
            return;
        }
        ControlPort.of(member)
                .ifPresent(port -> {
                    InetSocketAddress there = new InetSocketAddress(member.address().host().get(), port);
                    var self = context.getSelf();
                    Thread.ofVirtual()
                            .name("pando-lifeline-to-" + there)
                            .start(() -> self.tell(new Ended(member, hold(there, () -> self.tell(new Held(member))))));
                });
    }

    /// Blocks for as long as the other process lives and can be reached.
    ///
    /// @param holding is called once it is reached
    /// @return whether nobody listens there any more
    private static boolean hold(InetSocketAddress there, Runnable holding) {
        try (Socket line = connect(there)) {
            holding.run();
            try {
                line.getInputStream().read();
            } catch (IOException reset) {
                // an end like any other
            }
        } catch (ConnectException refused) {
            return true;
        } catch (IOException unreachable) {
            return false;
        }
        try (Socket again = connect(there)) {
            return again.isClosed();
        } catch (ConnectException refused) {
            return true;
        } catch (IOException unreachable) {
            return false;
        }
    }

    private static Socket connect(InetSocketAddress there) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setKeepAlive(true);
            socket.connect(there, CONNECT_MS);
            return socket;
        } catch (IOException failed) {
            socket.close();
            throw failed;
        }
    }

    private void ended(Member member, boolean refused) {
        if (!held.contains(member.uniqueAddress())) {
            return;
        }
        if (!refused) {
            doubtful.add(member.uniqueAddress());
            timers.startSingleTimer(member.uniqueAddress(), new Again(member), BEFORE_ANOTHER_TRY);
            return;
        }
        held.remove(member.uniqueAddress());
        doubtful.remove(member.uniqueAddress());
        String evidence = "the process of " + NodeSettings.name(member) + " has ended";
        context.getLog().warn("{}", evidence);
        context.getSystem().eventStream().tell(new EventStream.Publish<>(new NodeGone(member.address(), evidence)));
        boolean isOfThisMachine = member.address().host().equals(cluster.selfMember().address().host());
        int holding = held.size() - doubtful.size() + 1; // with this one
        if (isOfThisMachine || 2 * holding > held.size() + 2) { // with this one and the one that is gone
            cluster.manager().tell(new Down(member.address()));
        }
    }
}
