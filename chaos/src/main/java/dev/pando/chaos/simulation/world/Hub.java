package dev.pando.chaos.simulation.world;

import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Node;
import dev.pando.training.ops.Sums;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The data plane of a simulated world: what its members have sent, and who is still there.
final class Hub {
    /// Where an operation takes place; a parcel is addressed to a member, a reduction is not.
    record Place(String group, Operation operation, String to) {}

    /// What members have sent into one all-reduce. What is sent is sent: it arrives even if its sender dies.
    static final class Reduction {
        private final Map<String, SimulatedCollective> senders = new TreeMap<>(); // by address
        private final Map<ShardTree.Node, MemorySegment> held = new TreeMap<>();
        private final List<SimulatedCollective.Call> waiting = new ArrayList<>();
        private MemorySegment sum;
        private long lookedAt = -1;
        private Optional<Member> lost = Optional.empty();

        Map<String, SimulatedCollective> senders() {
            return senders;
        }

        List<SimulatedCollective.Call> waiting() {
            return waiting;
        }
    }

    /// A state on its way, or waiting to be fetched.
    static final class Parcel {
        final List<MemorySegment> spans;
        final SimulatedCollective.Call sender;
        boolean taken;

        Parcel(List<MemorySegment> spans, SimulatedCollective.Call sender) {
            this.spans = spans;
            this.sender = sender;
        }
    }

    private final Engine engine;
    private final Network network;
    private final Arena arena;
    private final Map<String, SimulatedCollective> members = new TreeMap<>(); // by address
    private final Map<Place, Reduction> reductions = new HashMap<>();
    private final Map<Place, Parcel> parcels = new HashMap<>();
    private final Map<Place, SimulatedCollective.Call> receivers = new HashMap<>();
    private long joined;
    private long departures;

    Hub(Engine engine, Network network, Arena arena) {
        this.engine = engine;
        this.network = network;
        this.arena = arena;
    }

    Engine engine() {
        return engine;
    }

    Network network() {
        return network;
    }

    Arena arena() {
        return arena;
    }

    SimulatedCollective join(Node node) {
        SimulatedCollective member = new SimulatedCollective(this, node, node.name() + "-" + joined++);
        members.put(member.address(), member);
        return member;
    }

    SimulatedCollective member(String address) {
        return members.get(address);
    }

    void remove(SimulatedCollective member) {
        if (members.remove(member.address()) != null) {
            departures++;
        }
    }

    /// A member from which nothing has come, nor will. Looked for once each time that a member leaves: there may be ten
    /// thousand.
    Optional<Member> lost(Reduction reduction, Membership during) {
        if (reduction.lookedAt != departures) {
            reduction.lookedAt = departures;
            reduction.lost =
                    departures == 0
                            ? Optional.empty()
                            : during.members().stream()
                                    .filter(member -> !reduction.senders.containsKey(member.address()))
                                    .filter(member -> !members.containsKey(member.address()))
                                    .findFirst();
        }
        return reduction.lost;
    }

    /// The members that live on a node.
    List<SimulatedCollective> on(Node node) {
        return members.values().stream().filter(member -> member.node() == node).toList();
    }

    /// Every blocked caller checks again.
    void stir() {
        List.copyOf(members.values()).forEach(SimulatedCollective::look);
    }

    Reduction reduction(Place place) {
        return reductions.computeIfAbsent(place, at -> new Reduction());
    }

    Map<Place, Parcel> parcels() {
        return parcels;
    }

    Map<Place, SimulatedCollective.Call> receivers() {
        return receivers;
    }

    /// A member's partial sums set out. They are copied, as frames are.
    void contribute(Reduction reduction, SimulatedCollective member, List<Partial> mine) {
        if (reduction.senders.putIfAbsent(member.address(), member) == null) {
            for (Partial partial : mine) {
                if (reduction.held.put(partial.node(), copy(partial.span())) != null) {
                    throw new IllegalStateException("two members hold the shards of " + partial.node());
                }
            }
        }
    }

    MemorySegment copy(MemorySegment span) {
        return arena.allocate(span.byteSize(), Float.BYTES).copyFrom(span);
    }

    /// The sum along the tree of all that was sent.
    MemorySegment sum(Reduction reduction, ShardTree tree) {
        if (reduction.sum == null) {
            reduction.sum = sum(tree.root(), reduction.held);
        }
        return reduction.sum;
    }

    private MemorySegment sum(ShardTree.Node node, Map<ShardTree.Node, MemorySegment> held) {
        MemorySegment partial = held.get(node);
        if (partial != null) {
            return partial;
        }
        if (node.isLeaf()) {
            throw new IllegalStateException("no worker holds batch shard " + node.first());
        }
        MemorySegment sum = copy(sum(node.left(), held));
        MemorySegment right = sum(node.right(), held);
        Sums.add(sum, right, sum.byteSize() / Float.BYTES);
        return sum;
    }
}
