package dev.pando.collectives;

import dev.pando.collectives.exchange.Hello;
import dev.pando.collectives.exchange.LogExchange;
import dev.pando.collectives.exchange.OngoingOperation;
import dev.pando.collectives.exchange.ReceiveState;
import dev.pando.collectives.exchange.SendState;
import dev.pando.collectives.exchange.SharedExchange;
import dev.pando.collectives.exchange.TwoLevelAllReduce;
import dev.pando.collectives.memory.Format;
import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.sum.OperationRequest;
import dev.pando.collectives.sum.Pattern;
import dev.pando.collectives.wire.Address;
import dev.pando.collectives.wire.Counters;
import dev.pando.collectives.wire.Epoch;
import dev.pando.collectives.wire.Hosts;
import dev.pando.collectives.wire.Inbox;
import dev.pando.collectives.wire.LastWait;
import dev.pando.collectives.wire.Peer;
import dev.pando.collectives.wire.Traffic;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.collectives.wire.WaitStrategy;
import dev.pando.training.step.ShardTree;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

// Long because an operation, its epoch and its end are one story, and each operation is a few lines of it.

/// A member whose operations travel over Aeron.
///
/// An operation runs on the thread that asks for it, which polls the member's inbox until all is done, or until there
/// is no more point in waiting. An operation that does not end as done ends its epoch for this member: further
/// operations end in the same way, until the next epoch is entered.
final class AeronCollective implements Communicator {
    private static final Outcome DONE = new Outcome.Done();
    private static final int WORTH_SHARING = 1024; // bytes above which boards are quicker than frames to everyone

    private final String worker;
    private final Transport transport;
    private final String address;
    private final TransportSettings settings;
    private final SpanFile spans;
    private final Arena arena = Arena.ofShared();
    private final Memory memory;
    private final Traffic traffic;
    private final WaitStrategy patience;
    private final Inbox inbox;
    private final OperationRequest task = new OperationRequest();
    private final Map<Pattern, LogExchange> inLogBuffers = new EnumMap<>(Pattern.class);
    private final Map<Pattern, SharedExchange> inSharedSpans = new EnumMap<>(Pattern.class);
    private final TwoLevelAllReduce twoLevel;
    private final Map<String, Peer> known = new HashMap<>();
    private final ReentrantLock device = new ReentrantLock();

    private Epoch adopted;
    private Peer[] peers = {};
    private int neighbours;
    private boolean crossesHosts;
    private Hello hello;
    private Hosts hosts;
    private int[] everyone = {};
    private long exchanges;
    private int waitingFor;

    private volatile Epoch entered;
    private volatile boolean closed;
    private volatile Courier courier;

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
        this.patience = new WaitStrategy();
        for (Pattern pattern : Pattern.values()) {
            inLogBuffers.put(pattern, new LogExchange(inbox, settings));
            inSharedSpans.put(pattern, spans == null ? null : new SharedExchange(inbox, spans, settings.sliceBytes()));
        }
        this.twoLevel = spans == null ? null : new TwoLevelAllReduce(inbox, spans, settings);
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
        return allReduce(deadline, operation, tree, mine, result, Format.FLOAT32);
    }

    @Override
    public Outcome allReduce(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            MemorySegment result,
            Format format) {
        device.lock();
        try {
            task.allReduce(operation.number(), format, tree, mine, result);
            task.share(spans == null ? null : spans.resultAt(result));
            return exchange(deadline, operation);
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome reduceScatter(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            long elements,
            MemorySegment slice,
            Format format) {
        device.lock();
        try {
            task.reduceScatter(operation.number(), format, tree, mine, elements, slice);
            return exchange(deadline, operation);
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome allGather(
            Deadline deadline, Operation operation, MemorySegment slice, MemorySegment result, Format format) {
        device.lock();
        try {
            task.allGather(operation.number(), format, slice, result);
            return exchange(deadline, operation);
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome broadcast(Deadline deadline, Operation operation, String from, MemorySegment span, Format format) {
        device.lock();
        try {
            Outcome over = beginning(operation);
            if (over != null) {
                return over;
            }
            task.broadcast(operation.number(), format, adopted.rankOfName(from), span);
            return exchange(deadline, operation);
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome barrier(Deadline deadline, Operation operation) {
        device.lock();
        try {
            task.barrier(operation.number());
            return exchange(deadline, operation);
        } finally {
            device.unlock();
        }
    }

    @Override
    public Pending begin(
            Deadline deadline,
            Operation operation,
            ShardTree tree,
            List<Partial> mine,
            MemorySegment result,
            Format format) {
        return courier().begin(deadline, operation, tree, mine, result, format);
    }

    @Override
    public MemorySegment sharedResult(String name, long bytes) {
        return spans == null
                ? memory.allocate(name, bytes)
                : spans.allocateResult(name, bytes).whole().asSlice(0, bytes).asReadOnly();
    }

    @Override
    public boolean isIntact() {
        device.lock();
        try {
            VarHandle.loadLoadFence(); // what was read before, then the boards
            Epoch now = entered;
            for (Peer peer : peers) {
                if (peer != null && (now == null || peer.standsIn() > now.number())) {
                    return false;
                }
            }
            return true;
        } finally {
            device.unlock();
        }
    }

    private synchronized Courier courier() {
        if (courier == null) {
            courier = new Courier(worker, this::allReduce);
        }
        return courier;
    }

    /// Does what the task says.
    private Outcome exchange(Deadline deadline, Operation operation) {
        Outcome over = beginning(operation);
        if (over != null) {
            return over;
        }
        Epoch epoch = adopted;
        over = meet(deadline, epoch, operation.number());
        return over instanceof Outcome.Done ? run(deadline, epoch, choose(epoch)) : over;
    }

    @Override
    public Outcome send(Deadline deadline, Operation operation, String to, List<MemorySegment> state) {
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
                    new SendState(
                            inbox, epoch, peers[rank], rank, operation.number(), state, spans, settings.chunkBytes()));
        } finally {
            device.unlock();
        }
    }

    @Override
    public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> state) {
        device.lock();
        try {
            Outcome over = beginning(operation);
            if (over != null) {
                return over;
            }
            Epoch epoch = adopted;
            int rank = other(epoch, from);
            return run(deadline, epoch, new ReceiveState(inbox, epoch, peers[rank], rank, operation.number(), state));
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
        Courier last = courier;
        if (last != null) {
            last.close();
        }
        lockForTheLastTime(); // an operation in progress sees that its member has left, and ends
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

    private void lockForTheLastTime() {
        boolean interrupted = Thread.interrupted(); // what is freed here is freed despite an interrupt
        try {
            if (!device.tryLock(LastWait.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw LastWait.late("an operation of " + worker, LastWait.PATIENCE);
            }
        } catch (InterruptedException hurried) {
            interrupted = true;
            throw LastWait.late("an operation of " + worker, LastWait.PATIENCE);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
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
            hosts = hello.isTwoLevel() ? new Hosts(peers, epoch.rank(), settings.host()) : null;
        }
        return DONE;
    }

    /// The way is the same at all members, since it depends on what all have agreed on and on sizes.
    private OngoingOperation choose(Epoch epoch) {
        exchanges++;
        Pattern pattern = task.pattern();
        try {
            task.check(epoch.rank(), epoch.size());
            boolean isSmall = task.bytes() <= settings.eagerBytes();
            if (hello.allShare() && task.bytes() > Math.min(settings.eagerBytes(), WORTH_SHARING)) {
                return inSharedSpans.get(pattern).begin(epoch, peers, exchanges, task);
            }
            task.keepAlone();
            if (pattern == Pattern.ALL_REDUCE && !isSmall && task.shared() == null && hosts != null) {
                return twoLevel.begin(epoch, peers, hosts, chunkBytes(), exchanges, task);
            }
            return inLogBuffers.get(pattern).begin(epoch, peers, everyone, chunkBytes(), task);
        } catch (RuntimeException refused) {
            failHere(epoch, task.name(), refused);
            throw refused;
        }
    }

    private int chunkBytes() {
        return hello.allLocal() ? settings.chunkBytes() : hello.udpBytes();
    }

    private Outcome run(Deadline deadline, Epoch epoch, OngoingOperation work) {
        patience.begin(deadline, neighbours, crossesHosts);
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
                } else if (!work.isDone() && idle()) {
                    lost = lost(epoch, work);
                    if (lost == null && patience.isOver()) {
                        timeOut(epoch, work);
                    }
                }
                if (work.isDone()) {
                    traffic.operation();
                    if (crossesHosts) {
                        nudge();
                    }
                    return DONE;
                }
            }
        } catch (RuntimeException | Error broken) {
            failHere(epoch, work.name(), broken);
            throw broken;
        }
    }

    /// Lets time pass; where members meet or numbers leave the host, by seeing to it that they do.
    private boolean idle() {
        if (crossesHosts || hello == null) {
            transport.helpDriver();
        }
        boolean look = patience.idle();
        if (look && crossesHosts && patience.isSlow()) {
            nudge();
        }
        return look;
    }

    private void nudge() {
        for (Peer peer : peers) {
            if (peer != null && peer.isReachable()) {
                peer.nudge(adopted);
            }
        }
    }

    /// A missing member may have come since this one looked; then it looks once more.
    private void timeOut(Epoch epoch, OngoingOperation work) {
        List<String> awaited = awaited(epoch, work);
        if (!awaited.isEmpty()) {
            fail(epoch, new Outcome.TimedOut(awaited));
        } else if (patience.wasExtended()) { // all have come, and take nothing
            fail(epoch, new Outcome.TimedOut(others(epoch)));
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

    /// From here on the caller may touch its spans, so no member may trust what it reads there.
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
    private Outcome lost(Epoch epoch, OngoingOperation work) {
        transport.check();
        if (Thread.currentThread().isInterrupted()) {
            return new Outcome.EpochOver(epoch.number()); // only a thread that is given up is interrupted
        }
        for (int rank = 0; rank < epoch.size(); rank++) {
            if (rank != epoch.rank() && peers[rank].standsIn() > epoch.number()) {
                return new Outcome.EpochOver(peers[rank].standsIn());
            }
        }
        // where nothing moves, a member that we await may itself wait for one that we do not
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

    /// Members that have not come. Not those that came and have given up themselves, unless there are no others.
    private List<String> awaited(Epoch epoch, OngoingOperation work) {
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

    private static List<String> others(Epoch epoch) {
        return IntStream.range(0, epoch.size()).filter(rank -> rank != epoch.rank()).mapToObj(epoch::name).toList();
    }

    private void adopt(Epoch now) {
        if (adopted == now) {
            return;
        }
        Map<String, Peer> before = new HashMap<>(known);
        known.clear();
        peers = new Peer[now.size()];
        neighbours = 1;
        crossesHosts = false;
        for (int rank = 0; rank < peers.length; rank++) {
            if (rank != now.rank()) {
                Member member = now.membership().members().get(rank);
                Peer peer = before.remove(member.address());
                peers[rank] = peer != null ? peer : new Peer(member, transport.links(), traffic);
                peers[rank].begin();
                known.put(member.address(), peers[rank]);
                neighbours += peers[rank].isNeighbour() ? 1 : 0;
                crossesHosts |= !peers[rank].isLocal();
            }
        }
        before.values().forEach(Peer::close);
        inbox.adopt(now);
        hello = null;
        hosts = null;
        everyone = IntStream.range(0, now.size()).toArray();
        exchanges = 0;
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
