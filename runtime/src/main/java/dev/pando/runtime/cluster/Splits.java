package dev.pando.runtime.cluster;

import com.typesafe.config.Config;
import dev.pando.actors.owner.Ledger;
import dev.pando.actors.owner.Ledger.Page;
import dev.pando.actors.owner.LedgerJournal;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.AbstractExtensionId;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Extension;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;

/// Decides in the journal which of a grove's nodes go on when they lose each other, so that of two sides one goes on
/// and the other one knows it: whichever writes the next page.
///
/// A node that stood still meanwhile finds a page that does not name it, and ends before it does anything else. Safe
/// for threads.
final class Splits implements Extension {
    private static final String JOURNAL = "splits";
    private static final String SEPARATOR = "\n";

    private static final AbstractExtensionId<Splits> ID =
            new AbstractExtensionId<>() {
                @Override
                public Splits createExtension(ExtendedActorSystem system) {
                    return of(system.settings().config().getConfig(LedgerJournal.ID), Cluster.get(system));
                }
            };

    private final Ledger ledger;
    private final Cluster cluster;
    private final String self;
    private long round; // the last page that is known; it names this node, unless that was no member yet

    private Splits(Ledger ledger, Cluster cluster) {
        this.ledger = ledger;
        this.cluster = cluster;
        this.self = name(cluster.selfMember());
        this.round = ledger.last(JOURNAL);
    }

    static Splits of(org.apache.pekko.actor.ActorSystem system) {
        return ID.get(system);
    }

    private static Splits of(Config journal, Cluster cluster) {
        try {
            Splits splits =
                    new Splits(
                            Class.forName(journal.getString("ledger"))
                                    .asSubclass(Ledger.class)
                                    .getConstructor(Config.class)
                                    .newInstance(journal),
                            cluster);
            cluster.system().registerOnTermination(splits::close);
            return splits;
        } catch (ReflectiveOperationException wrong) {
            throw new IllegalStateException("there is no ledger " + journal.getString("ledger"), wrong);
        }
    }

    /// Whether a page leaves this node out, written since it is a member.
    synchronized boolean isOut() {
        boolean isMember = cluster.selfMember().status().equals(MemberStatus.up());
        long last = ledger.last(JOURNAL);
        while (round < last) {
            if (isMember && !survivors(round + 1).contains(self)) {
                return true;
            }
            round++;
        }
        return false;
    }

    /// Writes that the nodes that can be reached from here go on, and no others.
    ///
    /// @return whether this node goes on: by that page, or by one that the other side wrote first
    boolean decide() {
        return decide(reachable(cluster.state()));
    }

    /// The same, for all that one can do without a node of which there is evidence that it has ended.
    boolean decideWithout(Member gone) {
        Set<String> survivors = reachable(cluster.state());
        survivors.remove(name(gone));
        return decide(survivors);
    }

    private synchronized boolean decide(Set<String> nodes) {
        String survivors = String.join(SEPARATOR, nodes);
        while (!isOut()) {
            try {
                ledger.append(
                        JOURNAL,
                        List.of(new Page(round + 1, 0, "", survivors.getBytes(StandardCharsets.UTF_8), self, "", 0)));
                round++;
                return true;
            } catch (Ledger.Taken first) {
                if (ledger.last(JOURNAL) <= round) {
                    return false; // another grove has taken the whole journal over
                }
            }
        }
        return false;
    }

    private static Set<String> reachable(CurrentClusterState state) {
        Set<String> reachable = new TreeSet<>();
        state.getMembers()
                .forEach(member -> {
                    if (!state.getUnreachable().contains(member)) {
                        reachable.add(name(member));
                    }
                });
        return reachable;
    }

    private Set<String> survivors(long page) {
        Set<String> survivors = new TreeSet<>();
        ledger.read(
                JOURNAL,
                page,
                page,
                found ->
                        survivors.addAll(
                                List.of(new String(found.payload(), StandardCharsets.UTF_8).split(SEPARATOR))));
        return survivors;
    }

    private static String name(Member member) {
        return member.address() + "#" + member.uniqueAddress().longUid();
    }

    private synchronized void close() {
        ledger.close();
    }
}
