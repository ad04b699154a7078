package dev.pando.actors.liveness;

import dev.pando.actors.job.Stopwatch;
import java.time.Duration;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;

/// Keeps a supervisor that is cut off with the minority of the cluster from committing a step.
///
/// A commit needs more than half of the nodes, heard from within the last three seconds, even if the supervisor's own
/// node holds all shards and asks no other. A node on another host that falls silent may have died, or may be on the
/// other side of a partition and follow another supervisor there. Until the cluster has removed that node, it counts as
/// cut off, and so does every node that has sent nothing since. A node of this very host cannot be cut off from it.
public final class Quorum {
    /// Shorter than the other side of a partition takes to start another supervisor: that side suspects first, and then
    /// waits until its picture is stable.
    private static final Duration LEASE = Duration.ofSeconds(3);

    private final ClusterView nodes;
    private final Stopwatch stopwatch;
    private final SortedSet<String> silent = new TreeSet<>();
    private final SortedSet<String> heard = new TreeSet<>(); // since a node last fell silent
    private long silentNs; // when that was

    /// @param nodes as this node sees them
    public Quorum(ClusterView nodes, Stopwatch stopwatch) {
        this.nodes = nodes;
        this.stopwatch = stopwatch;
    }

    /// Without a cluster no node is cut off.
    public static Quorum alone(ActorSystem<?> system, Stopwatch stopwatch) {
        return new Quorum(ClusterView.alone(system), stopwatch);
    }

    public static Quorum of(ActorSystem<?> system, Stopwatch stopwatch) {
        Cluster cluster = Cluster.get(system);
        var watched = org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system)).failureDetector();
        return new Quorum(
                new ClusterView() {
                    @Override
                    public String here() {
                        return cluster.selfMember().address().toString();
                    }

                    @Override
                    public Set<String> members() {
                        return addresses(cluster.state().getMembers());
                    }

                    @Override
                    public Set<String> unreachable() {
                        return addresses(cluster.state().getUnreachable());
                    }

                    @Override
                    public Set<String> quiet(Duration duration) {
                        Set<String> quiet = new TreeSet<>();
                        for (Member member : cluster.state().getMembers()) {
                            String node = member.address().toString();
                            if (watched.isMonitoring(member.address())
                                    && EvidenceFailureDetector.isQuiet(node, duration)) {
                                quiet.add(node);
                            }
                        }
                        return quiet;
                    }
                },
                stopwatch);
    }

    private static Set<String> addresses(Iterable<Member> members) {
        Set<String> addresses = new TreeSet<>();
        members.forEach(member -> addresses.add(member.address().toString()));
        return addresses;
    }

    /// The node that an actor is on.
    public String node(ActorRef<?> actor) {
        return nodes.of(actor);
    }

    /// Whether a node is no member of the cluster any more; one that was asked to leave still is.
    public boolean isGone(String node) {
        Set<String> members = nodes.members();
        return !members.isEmpty() && !members.contains(node);
    }

    /// A worker there was given up, and did not say so itself.
    public void silent(String node) {
        silent.add(node);
        heard.clear();
        silentNs = stopwatch.nanos();
    }

    /// A worker there has sent this supervisor a message.
    public void heard(String node) {
        silent.remove(node);
        heard.add(node);
    }

    /// Whether more than half of the cluster's nodes are on this side, for all that is known.
    public boolean isHeld() {
        Set<String> members = nodes.members();
        silent.retainAll(members);
        Set<String> elsewhere = new TreeSet<>(silent);
        elsewhere.addAll(nodes.unreachable());
        elsewhere.addAll(quiet());
        elsewhere.removeIf(this::isOfThisHost);
        return elsewhere.isEmpty() || 2 * (members.size() - elsewhere.size()) > members.size();
    }

    /// A silent node may share its partition with nodes that this supervisor has not contacted yet.
    private Set<String> quiet() {
        Duration since = Duration.ofNanos(stopwatch.nanos() - silentNs);
        if (silent.isEmpty() || since.compareTo(LEASE) >= 0) {
            return nodes.quiet(LEASE);
        }
        Set<String> quiet = new TreeSet<>(nodes.quiet(since));
        quiet.removeAll(heard);
        return quiet;
    }

    private boolean isOfThisHost(String node) {
        return node.equals(nodes.here()) || nodes.host(node).equals(nodes.host(nodes.here()));
    }
}
