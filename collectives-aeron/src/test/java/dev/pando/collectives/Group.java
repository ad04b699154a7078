package dev.pando.collectives;

import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Members for a test, each with a separate thread, on one transport or on several.
final class Group implements AutoCloseable {
    static final Deadline PATIENT = new Deadline("the test", TimeUnit.SECONDS.toNanos(20));

    private final List<Transport> transports = new ArrayList<>();
    private final List<Communicator> members = new ArrayList<>();
    private final List<ExecutorService> devices = new ArrayList<>();
    private final Map<Integer, MemorySegment> rooms = new ConcurrentHashMap<>();
    private final Map<Integer, Long> used = new ConcurrentHashMap<>();
    private final Map<Integer, MemorySegment> sharedResults = new ConcurrentHashMap<>();
    private long epoch;

    /// @param transports on which the members are spread in turn
    static Group of(int members, int transports, TransportSettings settings) {
        return of(members, Stream.generate(() -> Transport.start(settings)).limit(transports).toList());
    }

    static Group of(int members, List<Transport> transports) {
        Group group = new Group();
        group.transports.addAll(transports);
        for (int at = 0; at < members; at++) {
            group.members.add(transports.get(at % transports.size()).join(name(at)));
            group.devices.add(
                    Executors.newSingleThreadExecutor(Thread.ofPlatform().name("device-" + at).daemon().factory()));
        }
        return group;
    }

    static String name(int member) {
        return "worker-" + member;
    }

    Collective member(int at) {
        return members.get(at);
    }

    Communicator communicator(int at) {
        return members.get(at);
    }

    /// Forgets all spans of the first `count` members.
    void room(int size) {
        for (int at = 0; at < size; at++) {
            used.put(at, 0L);
        }
    }

    /// A span of a member's memory, until the next call of [#room].
    MemorySegment span(int member, long bytes) {
        MemorySegment room = rooms.computeIfAbsent(member, at -> members.get(at).memory().allocate("room", 1 << 20));
        long begin = used.merge(member, bytes + 64, Long::sum) - bytes - 64;
        return room.asSlice((begin + 63) / 64 * 64, bytes);
    }

    /// A result that the members hold together.
    MemorySegment sharedResult(int member) {
        return sharedResults.computeIfAbsent(member, at -> members.get(at).sharedResult("result", 64 << 10));
    }

    int size() {
        return members.size();
    }

    /// An operation of the newest epoch.
    Operation operation(long number) {
        return new Operation(epoch, number);
    }

    /// The next epoch, of the first `count` members.
    Membership next(int size) {
        epoch++;
        List<Member> list = new ArrayList<>();
        for (int at = 0; at < size; at++) {
            list.add(new Member(name(at), members.get(at).address()));
        }
        return new Membership("job", epoch, list);
    }

    void enterAll(int size) {
        Membership membership = next(size);
        members.subList(0, size).forEach(member -> member.enter(membership));
    }

    <T> CompletableFuture<T> on(int member, Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, devices.get(member));
    }

    <T> List<T> onAll(int size, IntFunction<T> task) {
        List<CompletableFuture<T>> running = new ArrayList<>();
        for (int at = 0; at < size; at++) {
            int member = at;
            running.add(on(at, () -> task.apply(member)));
        }
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
                .orTimeout(60, TimeUnit.SECONDS)
                .exceptionally(_ -> null)
                .join();
        // first the one that broke, then those who saw it give up
        running.stream()
                .filter(CompletableFuture::isCompletedExceptionally)
                .min(Comparator.comparing(future -> future.exceptionNow() instanceof AssertionError))
                .ifPresent(CompletableFuture::join);
        return running.stream().map(CompletableFuture::join).toList();
    }

    /// An all-reduce of an arrangement by all its members.
    ///
    /// @return what each got
    List<float[]> allReduce(Arrangement arrangement, int elements, long operation) {
        return onAll(
                arrangement.members(),
                at -> {
                    Offer offer = offer(at, arrangement, elements);
                    Outcome outcome =
                            members.get(at)
                                    .allReduce(
                                            PATIENT,
                                            operation(operation),
                                            arrangement.tree(),
                                            offer.partials(),
                                            offer.result());
                    if (!(outcome instanceof Outcome.Done)) {
                        throw new AssertionError(name(at) + ": " + outcome);
                    }
                    return offer.result().toArray(ValueLayout.JAVA_FLOAT);
                });
    }

    record Offer(List<Partial> partials, MemorySegment result) {}

    Offer offer(int member, Arrangement arrangement, int elements) {
        List<Partial> partials = new ArrayList<>();
        for (Node node : arrangement.nodes().get(member)) {
            MemorySegment span =
                    members.get(member).memory().allocate("partial of " + node, (long) elements * Float.BYTES);
            MemorySegment.copy(Arrangement.sum(node, elements), 0, span, ValueLayout.JAVA_FLOAT, 0, elements);
            partials.add(new Partial(node, span));
        }
        MemorySegment result = members.get(member).memory().allocate("result", (long) elements * Float.BYTES);
        return new Offer(partials, result);
    }

    static MemorySegment bytes(long size, int seed) {
        MemorySegment segment = Arena.ofAuto().allocate(size);
        for (long at = 0; at < size; at++) {
            segment.set(ValueLayout.JAVA_BYTE, at, (byte) (at * 31 + seed));
        }
        return segment;
    }

    @Override
    public void close() {
        transports.forEach(Transport::close);
        devices.forEach(ExecutorService::shutdown);
    }
}
