package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.collectives.memory.Format;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.collectives.wire.TransportSettings.Udp;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/// Every operation, over every way that numbers can take, against what one thread computes.
///
/// `-Dpando.tries=5000` tries as many arrangements.
class OperationsTest {
    private static final int MEMBERS = 5;
    private static final List<Group> groups = new ArrayList<>();

    @BeforeContainer
    static void start() {
        TransportSettings small = TransportSettings.defaults().withChunkBytes(192).withTermBytes(64 * 1024);
        groups.add(Group.of(MEMBERS, 1, small.withSharing(false).withEagerBytes(200)));
        groups.add(Group.of(MEMBERS, 2, small.withSliceBytes(64).withEagerBytes(0)));
        groups.add(Group.of(MEMBERS, 3, TransportSettings.defaults()));
        groups.add(Group.of(MEMBERS, hosts(2, true)));
        groups.add(Group.of(MEMBERS, hosts(3, false)));
    }

    @AfterContainer
    static void stop() {
        groups.forEach(Group::close);
        groups.clear();
    }

    private static List<Transport> hosts(int count, boolean sharing) {
        TransportSettings settings =
                TransportSettings.defaults()
                        .withSharing(sharing)
                        .withUdp(new Udp("127.0.0.1", 1408, 256 * 1024, 64 * 1024))
                        .withEagerBytes(512);
        return IntStream.range(0, count).mapToObj(at -> Transport.start(settings.withHost("host-" + at))).toList();
    }

    @Property(shrinking = ShrinkingMode.OFF)
    void shouldGiveTheBitsOfTheSequentialTreeInEveryOperation(
            @ForAll @IntRange(max = 4) int way,
            @ForAll @IntRange(min = 1, max = MEMBERS) int members,
            @ForAll @IntRange(min = 1, max = 17) int shards,
            @ForAll @IntRange(max = 6000) int elements,
            @ForAll Format format,
            @ForAll boolean sharesResult,
            @ForAll long seed) {
        Group group = groups.get(way);
        Arrangement whole = Arrangement.random(members, shards, new Random(seed));
        Arrangement arrangement = format == Format.BFLOAT16 ? whole.leaves() : whole;
        group.enterAll(members);
        byte[] sum = Numbers.sum(arrangement.tree().root(), elements, format);

        group.room(members);
        List<byte[]> reduced =
                group.onAll(
                        members,
                        at -> {
                            MemorySegment result = result(group, at, sum.length, sharesResult);
                            done(
                                    group.communicator(at)
                                            .allReduce(
                                                    Group.PATIENT,
                                                    group.operation(0),
                                                    arrangement.tree(),
                                                    partials(group, at, arrangement, elements, format),
                                                    result,
                                                    format));
                            assertThat(group.communicator(at).isIntact()).isTrue();
                            return result.toArray(ValueLayout.JAVA_BYTE);
                        });
        assertThat(reduced.stream().mapToInt(result -> Arrays.mismatch(result, sum))).containsOnly(-1);

        group.room(members);
        List<byte[]> gathered =
                group.onAll(
                        members,
                        at -> {
                            MemorySegment slice = span(group, at, sliceBytes(elements, members, at, format));
                            done(
                                    group.communicator(at)
                                            .reduceScatter(
                                                    Group.PATIENT,
                                                    group.operation(1),
                                                    arrangement.tree(),
                                                    partials(group, at, arrangement, elements, format),
                                                    elements,
                                                    slice,
                                                    format));
                            MemorySegment result = span(group, at, sum.length);
                            done(
                                    group.communicator(at)
                                            .allGather(Group.PATIENT, group.operation(2), slice, result, format));
                            return result.toArray(ValueLayout.JAVA_BYTE);
                        });
        assertThat(gathered.stream().mapToInt(result -> Arrays.mismatch(result, sum))).containsOnly(-1);

        group.room(members);
        int giver = Math.floorMod(seed, members);
        List<byte[]> received =
                group.onAll(
                        members,
                        at -> {
                            MemorySegment span = span(group, at, sum.length);
                            if (at == giver) {
                                span.copyFrom(MemorySegment.ofArray(sum));
                            }
                            done(
                                    group.communicator(at)
                                            .broadcast(
                                                    Group.PATIENT,
                                                    group.operation(3),
                                                    Group.name(giver),
                                                    span,
                                                    format));
                            done(group.communicator(at).barrier(Group.PATIENT, group.operation(4)));
                            return span.toArray(ValueLayout.JAVA_BYTE);
                        });
        assertThat(received.stream().mapToInt(result -> Arrays.mismatch(result, sum))).containsOnly(-1);
    }

    private static long sliceBytes(long elements, int members, int member, Format format) {
        return (Communicator.sliceStart(elements, members, member + 1)
                        - Communicator.sliceStart(elements, members, member))
                * format.bytes();
    }

    private static MemorySegment result(Group group, int member, long bytes, boolean isShared) {
        return isShared ? group.sharedResult(member).asSlice(0, bytes) : span(group, member, bytes);
    }

    private static MemorySegment span(Group group, int member, long bytes) {
        return group.span(member, bytes).fill((byte) -1);
    }

    private static List<Partial> partials(
            Group group, int member, Arrangement arrangement, int elements, Format format) {
        List<Partial> partials = new ArrayList<>();
        for (Node node : arrangement.nodes().get(member)) {
            byte[] numbers = Numbers.sum(node, elements, format);
            MemorySegment span = group.span(member, numbers.length);
            partials.add(new Partial(node, span.copyFrom(MemorySegment.ofArray(numbers))));
        }
        return partials;
    }

    private static void done(Outcome outcome) {
        if (!(outcome instanceof Outcome.Done)) {
            throw new AssertionError(outcome.toString());
        }
    }
}
