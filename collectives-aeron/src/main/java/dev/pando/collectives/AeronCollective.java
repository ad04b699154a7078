package dev.pando.collectives;

import dev.pando.training.step.Collective;
import dev.pando.training.step.ShardTree;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// A member whose operations travel over Aeron.
///
/// An operation runs on the thread that asks for it, which polls the member's inbox until all is done, or until there
/// is no more point in waiting. An operation that does not end as done ends its epoch for this member: further
/// operations end in the same way, until the next epoch is entered.
final class AeronCollective implements Collective {
    private static final Outcome DONE = new Outcome.Done();

    private final String worker;
    private final Transport transport;
    private final String address;
    private final TransportSettings settings;
    private final SpanFile spans;
    private final Arena arena = Arena.ofShared();
    private final Memory memory;
    private final Traffic traffic;
    private final Patience patience;
    private final Inbox inbox;
    private final LogAllReduce logAllReduce;
    private final SharedAllReduce sharedAllReduce;
    private final Map<String, Peer> known = new HashMap<>();
    private final ReentrantLock device = new ReentrantLock();

    private Epoch adopted;
    private Peer[] peers = {};
    private int neighbours;
    private Hello hello;
    private long allReduces;
    private int waitingFor;

    private volatile Epoch entered;
    private volatile boolean closed;

    /// @param spans the member's part of the memory that members of the host share, or null if it shares none
    AeronCollective(
            String worker,
            Transport transport,
            TransportSettings settings,
            Address address,
            Inbox inbox,
            SpanFile spans,
            Traffic traffic) {
        this.worker = worker;
        this.transport = transport;
        this.settings = settings;
        this.address = address.toString();
        this.inbox = inbox;
        this.spans = spans;
        this.memory = spans != null ? spans : Memory.of(arena);
        this.traffic = traffic;
        this.patience = new Patience();
        this.logAllReduce = new LogAllReduce(inbox, settings);
        this.sharedAllReduce = spans == null ? null : new SharedAllReduce(inbox, spans, settings.sliceBytes());
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public Memory memory() {
        return memory;
    }

    String worker() {
        return worker;
    }

    /// What this member has done so far.
    Counters counters() {
        return traffic.read();
    }

    @Override
    public synchronized void enter(Membership membership) {
        Epoch now = entered;
        if (now != null && !now.membership().group().equals(membership.group())) {
            throw new IllegalArgumentException(
                    worker + " is of group " + now.membership().group() + ", not " + membership.group());
        }
        if (!closed && (now == null || membership.epoch() > now.number())) {
            Epoch next = new Epoch(membership, address);
            if (spans != null) {
                spans.board().epoch(next.number()); // before any operation ends, and its caller touches the spans again
            }
            entered = next;
        }
    }

    @Override
    public Outcome allReduce(
            Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
        if (!result.isNative() || result.byteSize() % Float.BYTES != 0) {
            throw new IllegalArgumentException("a result is off-heap memory of whole floats, not " + result);
        }
        device.lock();
        try {
            Outcome over = beginning(operation);
            if (over != null) {
                return over;
            }
            Epoch epoch = adopted;
            over = meet(deadline, epoch, operation.number());
            return over instanceof Outcome.Done
                    ? run(deadline, epoch, choose(epoch, operation.number(), tree, mine, result))
                    : over;
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> spans) {
        device.lock();
        try {
            Outcome over = beginning(operation);
            if (over != null) {
                return over;
            }
            Epoch epoch = adopted;
            int rank = other(epoch, to);
            return run(
                    deadline,
                    epoch,
                    new SendState(inbox, epoch, peers[rank], rank, operation.number(), spans, settings.chunkBytes()));
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
        device.lock();
        try {
            Outcome over = beginning(operation);
            if (over != null) {
                return over;
            }
            Epoch epoch = adopted;
            int rank = other(epoch, from);
            return run(deadline, epoch, new ReceiveState(inbox, epoch, peers[rank], rank, operation.number(), spans));
        } finally {
            device.unlock();
        }
    }

    @Override
    public synchronized void leave() {
        if (!closed) {
            closed = true;
            transport.leaves(address);
            if (spans != null) {
                spans.board().leave();
            }
        }
    }

    @Override
    public void close() {
        leave();
        device.lock(); // an operation in progress sees that its member has left, and ends
        try {
            if (transport.forget(this)) {
                known.values().forEach(Peer::close);
                known.clear();
                inbox.close();
                if (spans != null) {
                    spans.close();
                }
                arena.close();
            }
        } finally {
            device.unlock();
        }
    }

    /// Turns to the newest epoch that was entered, and says why the operation ends before it begins, or null.
    private Outcome beginning(Operation operation) {
        if (closed) {
            return new Outcome.EpochOver(operation.epoch());
        }
        Epoch now = entered;
        if (now == null || operation.epoch() > now.number()) {
            throw new IllegalStateException(worker + " has not entered epoch " + operation.epoch());
        }
        adopt(now);
        return operation.epoch() < now.number() ? new Outcome.EpochOver(now.number()) : null;
    }

    /// Sees to it that all members of the epoch know how they share numbers.
    private Outcome meet(Deadline deadline, Epoch epoch, long number) {
        if (hello == null) {
            Hello first = new Hello(inbox, epoch, peers, settings, number);
            Outcome outcome = run(deadline, epoch, first);
            if (!(outcome instanceof Outcome.Done)) {
                return outcome;
            }
            hello = first;
        }
        return DONE;
    }

    /// The way is the same at all members, since it depends on what all have agreed on and on sizes.
    private Work choose(Epoch epoch, long number, ShardTree tree, List<Partial> mine, MemorySegment result) {
        allReduces++;
        try {
            return hello.allShare() && result.byteSize() > settings.eagerBytes()
                    ? sharedAllReduce.begin(epoch, peers, number, allReduces, tree, mine, result)
                    : logAllReduce.begin(epoch, peers, chunkBytes(), number, tree, mine, result);
        } catch (RuntimeException refused) {
            failHere(epoch, "all-reduce " + number, refused);
            throw refused;
        }
    }

    private int chunkBytes() {
        return hello.allLocal() ? settings.chunkBytes() : settings.udp().orElseThrow().chunkBytes();
    }

    private Outcome run(Deadline deadline, Epoch epoch, Work work) {
        patience.begin(deadline, neighbours);
        Outcome lost = null;
        try {
            while (true) {
                Outcome over = standing(epoch);
                if (over != null) {
                    giveUp(epoch);
                    return over;
                }
                inbox.pump();
                if (work.advance()) {
                    waited(epoch, patience.progressed());
                    lost = null;
                } else if (lost != null) {
                    fail(epoch, lost); // not even what it sent before it went helps
                } else if (!work.isDone() && patience.idle()) {
                    lost = lost(epoch, work);
                    if (lost == null && patience.isOver()) {
                        fail(epoch, new Outcome.TimedOut(awaited(epoch, work)));
                    }
                }
                if (work.isDone()) {
                    traffic.operation();
                    return DONE;
                }
            }
        } catch (RuntimeException | Error broken) {
            failHere(epoch, work.name(), broken);
            throw broken;
        }
    }

    private void failHere(Epoch epoch, String work, Throwable failure) {
        epoch.breakDown("%s of epoch %d failed before: %s".formatted(work, epoch.number(), failure.getMessage()));
        giveUp(epoch);
    }

    private void fail(Epoch epoch, Outcome outcome) {
        epoch.fail(outcome);
        giveUp(epoch);
    }

    /// From here on the caller may touch its spans, so nobody may trust what he reads there.
    private void giveUp(Epoch epoch) {
        if (spans != null) {
            spans.board().giveUp(epoch.number());
        }
    }

    /// Whether the epoch is over, for whatever reason, or null.
    private Outcome standing(Epoch epoch) {
        Epoch now = entered;
        if (closed || now != epoch) {
            return new Outcome.EpochOver(now.number());
        }
        if (inbox.newest() > epoch.number()) {
            return new Outcome.EpochOver(inbox.newest());
        }
        return epoch.failure();
    }

    /// Why there is no more point in waiting, or null.
    private Outcome lost(Epoch epoch, Work work) {
        transport.check();
        if (Thread.currentThread().isInterrupted()) {
            return new Outcome.EpochOver(epoch.number()); // only a thread that is given up is interrupted
        }
        for (int rank = 0; rank < epoch.size(); rank++) {
            if (rank != epoch.rank() && peers[rank].standsIn() > epoch.number()) {
                return new Outcome.EpochOver(peers[rank].standsIn());
            }
        }
        // where nothing moves, a member that we await may be waiting in vain for one that we do not
        boolean stuck = patience.isStuck();
        for (int rank = 0; rank < epoch.size(); rank++) {
            if (rank != epoch.rank()) {
                boolean awaited = work.awaits(rank);
                waitingFor = awaited ? rank : waitingFor;
                String evidence = awaited ? gone(rank) : stuck ? peers[rank].death() : null;
                if (evidence != null) {
                    return new Outcome.MemberLost(epoch.name(rank), evidence);
                }
            }
        }
        return null;
    }

    private void waited(Epoch epoch, long ns) {
        if (ns > 0) {
            traffic.waited(epoch.name(waitingFor), ns);
        }
    }

    private String gone(int rank) {
        return inbox.hasEnded(rank) ? "its stream ended" : peers[rank].evidence();
    }

    /// Who has not come. Not those who came and have given up themselves, unless there is nobody else.
    private List<String> awaited(Epoch epoch, Work work) {
        List<String> silent = new ArrayList<>();
        List<String> all = new ArrayList<>();
        for (int rank = 0; rank < epoch.size(); rank++) {
            if (rank != epoch.rank() && work.awaits(rank)) {
                all.add(epoch.name(rank));
                if (peers[rank].standsIn() != ~epoch.number()) {
                    silent.add(epoch.name(rank));
                }
            }
        }
        return silent.isEmpty() ? all : silent;
    }

    private void adopt(Epoch now) {
        if (adopted == now) {
            return;
        }
        Map<String, Peer> before = new HashMap<>(known);
        known.clear();
        peers = new Peer[now.size()];
        neighbours = 1;
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != now.rank()) {
                Member member = now.membership().members().get(rank);
                Peer peer = before.remove(member.address());
                peers[rank] = peer != null ? peer : new Peer(member, transport, traffic);
                known.put(member.address(), peers[rank]);
                neighbours += peers[rank].isNeighbour() ? 1 : 0;
            }
        }
        before.values().forEach(Peer::close);
        inbox.adopt(now);
        hello = null;
        allReduces = 0;
        waitingFor = now.rank();
        adopted = now;
    }

    private static int other(Epoch epoch, String name) {
        int rank = epoch.rankOfName(name);
        if (rank == epoch.rank()) {
            throw new IllegalArgumentException(name + " neither sends to itself nor receives from itself");
        }
        return rank;
    }
}
