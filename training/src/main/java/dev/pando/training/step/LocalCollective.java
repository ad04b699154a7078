package dev.pando.training.step;

import dev.pando.training.ops.Sums;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Joins several trainers of one JVM: the simplest collective that keeps every promise of [Collective].
///
/// The last member to arrive at an all-reduce adds the partial sums of all and hands out the result, under the
/// meeting's lock; so either all members are done, or none is.
public final class LocalCollective implements Collective {
    /// Where members meet. Members of all groups of the JVM may share one.
    public static final class Meeting {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Map<String, LocalCollective> byAddress = new HashMap<>();
        private final Map<Place, Reduction> reductions = new HashMap<>();
        private final Map<Place, Parcel> parcels = new HashMap<>();
        private long joined;

        /// A new member, which belongs to no group until it enters an epoch of one.
        public LocalCollective join() {
            lock.lock();
            try {
                LocalCollective member = new LocalCollective(this, "local-" + joined++);
                byAddress.put(member.address, member);
                return member;
            } finally {
                lock.unlock();
            }
        }
    }

    /// Where an operation takes place; a parcel is addressed to a member, a reduction to none.
    private record Place(String group, Operation operation, String to) {}

    private static final class Reduction {
        private final Map<String, List<Partial>> held = new TreeMap<>();
        private final Map<String, MemorySegment> results = new TreeMap<>();
        private boolean done;
    }

    private static final class Parcel {
        private final List<MemorySegment> spans;
        private boolean taken;

        private Parcel(List<MemorySegment> spans) {
            this.spans = spans;
        }
    }

    /// Whether a blocked operation has what it waits for. Asked under the lock.
    @FunctionalInterface
    private interface Arrival {
        boolean here();
    }

    private static final Outcome DONE = new Outcome.Done();

    private final Meeting meeting;
    private final String address;
    private final Arena arena = Arena.ofShared();
    private final Memory memory = Memory.of(arena);
    private Membership membership = new Membership("", Long.MIN_VALUE, List.of());
    private boolean closed;

    private LocalCollective(Meeting meeting, String address) {
        this.meeting = meeting;
        this.address = address;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public void enter(Membership next) {
        meeting.lock.lock();
        try {
            if (next.epoch() > membership.epoch()) {
                if (next.members().stream().noneMatch(member -> member.address().equals(address))) {
                    throw new IllegalArgumentException(
                            "epoch " + next.epoch() + " of " + next.group() + " has no member at " + address);
                }
                membership = next;
                meeting.changed.signalAll();
            }
        } finally {
            meeting.lock.unlock();
        }
    }

    @Override
    public Outcome allReduce(
            Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
        meeting.lock.lock();
        try {
            Membership now = membership;
            if (isOver(operation, now)) {
                return new Outcome.EpochOver(now.epoch());
            }
            Place place = new Place(now.group(), operation, "");
            Reduction reduction = meeting.reductions.computeIfAbsent(place, _ -> new Reduction());
            reduction.held.put(address, mine);
            reduction.results.put(address, result);
            if (reduction.held.size() == now.members().size()) {
                reduce(tree, reduction);
                reduction.done = true;
                meeting.reductions.remove(place);
                meeting.changed.signalAll();
                return DONE;
            }
            Outcome outcome = await(deadline, now, () -> reduction.done, reduction.held);
            if (!reduction.done) {
                reduction.held.remove(address);
                reduction.results.remove(address);
                if (reduction.held.isEmpty()) {
                    meeting.reductions.remove(place);
                }
            }
            return outcome;
        } finally {
            meeting.lock.unlock();
        }
    }

    @Override
    public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans) {
        meeting.lock.lock();
        try {
            Membership now = membership;
            if (isOver(operation, now)) {
                return new Outcome.EpochOver(now.epoch());
            }
            Place place = new Place(now.group(), operation, to);
            Parcel parcel = new Parcel(spans);
            meeting.parcels.put(place, parcel);
            meeting.changed.signalAll();
            Outcome outcome = await(deadline, only(now, to), () -> parcel.taken, Map.of());
            meeting.parcels.remove(place, parcel);
            return outcome;
        } finally {
            meeting.lock.unlock();
        }
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
        meeting.lock.lock();
        try {
            Membership now = membership;
            if (isOver(operation, now)) {
                return new Outcome.EpochOver(now.epoch());
            }
            Place place = new Place(now.group(), operation, nameOf(now));
            Outcome outcome = await(deadline, only(now, from), () -> meeting.parcels.containsKey(place), Map.of());
            if (outcome.equals(DONE)) {
                Parcel parcel = meeting.parcels.remove(place);
                copy(parcel.spans, spans);
                parcel.taken = true;
                meeting.changed.signalAll();
            }
            return outcome;
        } finally {
            meeting.lock.unlock();
        }
    }

    @Override
    public void leave() {
        meeting.lock.lock();
        try {
            if (!closed) {
                closed = true;
                meeting.byAddress.remove(address);
                meeting.reductions.values().forEach(reduction -> reduction.held.remove(address));
                meeting.changed.signalAll();
            }
        } finally {
            meeting.lock.unlock();
        }
    }

    @Override
    public void close() {
        leave();
        arena.close();
    }

    private Outcome await(Deadline deadline, Membership during, Arrival arrival, Map<String, ?> arrived) {
        long left = deadline.patienceNs();
        while (!arrival.here()) {
            if (closed || membership.epoch() > during.epoch()) {
                return new Outcome.EpochOver(membership.epoch());
            }
            for (Member member : during.members()) {
                LocalCollective other = meeting.byAddress.get(member.address());
                if (other == null) {
                    return new Outcome.MemberLost(member.name(), "it has left");
                }
                if (other.membership.group().equals(during.group()) && other.membership.epoch() > during.epoch()) {
                    return new Outcome.EpochOver(other.membership.epoch());
                }
            }
            if (left <= 0) {
                return new Outcome.TimedOut(
                        during.members().stream()
                                .filter(member -> !arrived.containsKey(member.address()))
                                .map(Member::name)
                                .toList());
            }
            try {
                left = meeting.changed.awaitNanos(Math.min(left, TimeUnit.DAYS.toNanos(1)));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return new Outcome.EpochOver(membership.epoch()); // only a thread that is given up is interrupted
            }
        }
        return DONE;
    }

    private static boolean isOver(Operation operation, Membership now) {
        if (operation.epoch() > now.epoch()) {
            throw new IllegalStateException("epoch " + operation.epoch() + " was not entered, " + now.epoch() + " was");
        }
        return operation.epoch() < now.epoch();
    }

    private static void reduce(ShardTree tree, Reduction reduction) {
        Map<ShardTree.Node, MemorySegment> held = new TreeMap<>();
        reduction
                .held
                .values()
                .forEach(partials ->
                        partials.forEach(partial -> {
                            if (held.put(partial.node(), partial.span()) != null) {
                                throw new IllegalStateException("two members hold the shards of " + partial.node());
                            }
                        }));
        MemorySegment first = reduction.results.values().iterator().next();
        try (Arena scratch = Arena.ofConfined()) {
            sum(tree.root(), held, first, scratch);
        }
        reduction.results.values().stream()
                .filter(result -> !result.equals(first))
                .forEach(result -> result.copyFrom(first));
    }

    /// Forms the sum of a node's left half in `into`, that of its right half in separate memory, and adds the two.
    private static void sum(
            ShardTree.Node node, Map<ShardTree.Node, MemorySegment> held, MemorySegment into, Arena scratch) {
        MemorySegment partial = held.get(node);
        if (partial != null) {
            into.copyFrom(partial);
            return;
        }
        if (node.isLeaf()) {
            throw new IllegalStateException("no member holds batch shard " + node.first());
        }
        sum(node.left(), held, into, scratch);
        MemorySegment right = held.get(node.right());
        if (right == null) {
            right = scratch.allocate(into.byteSize(), Memory.ALIGNMENT);
            sum(node.right(), held, right, scratch);
        }
        Sums.add(into, right, into.byteSize() / Float.BYTES);
    }

    private static void copy(List<MemorySegment> from, List<MemorySegment> to) {
        long sent = from.stream().mapToLong(MemorySegment::byteSize).sum();
        long expected = to.stream().mapToLong(MemorySegment::byteSize).sum();
        if (sent != expected) {
            throw new IllegalArgumentException("sent " + sent + " bytes to a receiver of " + expected);
        }
        int target = 0;
        long filled = 0;
        for (MemorySegment span : from) {
            long read = 0;
            while (read < span.byteSize()) {
                if (filled == to.get(target).byteSize()) {
                    target++;
                    filled = 0;
                    continue;
                }
                long run = Math.min(span.byteSize() - read, to.get(target).byteSize() - filled);
                MemorySegment.copy(
                        span, ValueLayout.JAVA_BYTE, read, to.get(target), ValueLayout.JAVA_BYTE, filled, run);
                read += run;
                filled += run;
            }
        }
    }

    private String nameOf(Membership now) {
        return now.members().stream()
                .filter(member -> member.address().equals(address))
                .map(Member::name)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(address + " has entered no epoch"));
    }

    private static Membership only(Membership now, String name) {
        List<Member> wanted = now.members().stream().filter(member -> member.name().equals(name)).toList();
        if (wanted.isEmpty()) {
            throw new IllegalArgumentException("epoch " + now.epoch() + " has no member " + name);
        }
        return new Membership(now.group(), now.epoch(), wanted);
    }
}
