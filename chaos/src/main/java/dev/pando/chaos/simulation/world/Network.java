package dev.pando.chaos.simulation.world;

import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// How long messages take between nodes, and which nodes cannot hear each other.
final class Network {
    private static final int LATENCY = 11;
    private static final long LEAST_NS = 50_000;
    private static final long MOST_NS = 2_000_000;

    /// Nodes on different sides of a cut cannot hear each other.
    ///
    /// @param sides side of each machine by its number; machines that are not named are on side 0
    record Cut(Map<Integer, Integer> sides) {
        boolean parts(Node one, Node other) {
            return one != null && other != null && side(one.number()) != side(other.number());
        }

        private int side(int machine) {
            return sides.getOrDefault(machine, 0);
        }
    }

    private final Engine engine;
    private final List<Runnable> untilWhole = new ArrayList<>();
    private Optional<Cut> cut = Optional.empty();
    private long sent;

    Network(Engine engine) {
        this.engine = engine;
    }

    /// How long the next message takes from one node to another.
    long latencyNs(long address) {
        return LEAST_NS + Long.remainderUnsigned(engine.dice(LATENCY, address, sent++), MOST_NS - LEAST_NS);
    }

    boolean parts(Node one, Node other) {
        return cut.isPresent() && cut.get().parts(one, other);
    }

    /// Whether a node is on the side that the others go on without.
    boolean isApart(Node node) {
        return cut.isPresent() && cut.get().side(node.number()) != 0;
    }

    void cut(List<List<Integer>> sides) {
        Map<Integer, Integer> sideOf = new TreeMap<>();
        for (int side = 0; side < sides.size(); side++) {
            for (Integer machine : sides.get(side)) {
                sideOf.put(machine, side);
            }
        }
        cut = Optional.of(new Cut(sideOf));
    }

    boolean isWhole() {
        return cut.isEmpty();
    }

    /// All nodes are connected again.
    void heal() {
        cut = Optional.empty();
        List<Runnable> waiting = List.copyOf(untilWhole);
        untilWhole.clear();
        waiting.forEach(Runnable::run);
    }

    /// Runs this once the network is whole.
    void whenWhole(Runnable action) {
        untilWhole.add(action);
    }
}
