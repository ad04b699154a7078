package dev.pando.chaos.simulation.world;

import dev.pando.actors.liveness.ClusterView;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;

/// Which nodes belong together, as each of them sees it: a node that is cut off learns of no join and no leave.
final class Grove {
    private static final long UNREACHABLE_NS = 3_000_000_000L;
    private static final int OF_A_NODE = 2; // in an actor's path, behind `user` and the world

    private final Engine engine;
    private final Network network;
    private final SortedMap<String, Node> members = new TreeMap<>(); // by address
    private final SortedMap<String, Node> beforeTheCut = new TreeMap<>();
    private long cutNs;

    Grove(Engine engine, Network network) {
        this.engine = engine;
        this.network = network;
    }

    void joins(Node node) {
        members.put(address(node.name()), node);
    }

    /// Whether no messages pass between it and the others any more: they have removed it.
    boolean isOut(Node node) {
        return !members.containsKey(address(node.name()));
    }

    void removed(Node node) {
        members.remove(address(node.name()));
    }

    /// The network is being cut.
    void cut() {
        beforeTheCut.clear();
        beforeTheCut.putAll(members);
        cutNs = engine.nowNs();
    }

    /// @param name of a process: `node-1`, or `node-1.2` for the second one on its machine
    private static String address(String name) {
        int dot = name.indexOf('.');
        return "pekko://grove@" + (dot < 0 ? name + ":1" : name.substring(0, dot) + ":" + name.substring(dot + 1));
    }

    private SortedMap<String, Node> knownTo(Node node) {
        return network.isApart(node) ? beforeTheCut : members;
    }

    private Set<String> apartFrom(Node node) {
        return knownTo(node).entrySet().stream()
                .filter(member -> network.parts(node, member.getValue()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    ClusterView seenBy(Node node) {
        return new ClusterView() {
            @Override
            public String here() {
                return address(node.name());
            }

            @Override
            public Set<String> members() {
                return Set.copyOf(knownTo(node).keySet());
            }

            @Override
            public Set<String> unreachable() {
                return engine.nowNs() - cutNs < UNREACHABLE_NS ? Set.of() : apartFrom(node);
            }

            @Override
            public Set<String> quiet(Duration duration) {
                return engine.nowNs() - cutNs > duration.toNanos() ? apartFrom(node) : Set.of();
            }

            @Override
            public String of(ActorRef<?> actor) {
                var elements = actor.path().elements().iterator();
                for (int i = 0; i < OF_A_NODE; i++) {
                    elements.next();
                }
                return address(elements.next());
            }
        };
    }
}
