package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.collectives.wire.CheckedEndpoint;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.collectives.wire.TransportSettings.Udp;
import dev.pando.training.step.Collective.Outcome;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Nodes that take each other for other hosts, and so talk by UDP.
class BetweenHostsTest {
    private static final Udp LOOPBACK = new Udp("127.0.0.1", 1408, 256 * 1024, 64 * 1024, 3);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldGiveTheSameBitsAcrossHosts(int hosts) {
        try (Group group = Group.of(5, transports(hosts, (_, _) -> true))) {
            Random random = new Random(3);
            for (int round = 0; round < 12; round++) {
                int members = 2 + random.nextInt(4);
                Arrangement arrangement = Arrangement.random(members, 1 + random.nextInt(17), random);
                int elements = random.nextInt(9_000);
                group.enterAll(members);

                List<float[]> results = group.allReduce(arrangement, elements, 0);

                float[] expected = Arrangement.sum(arrangement.tree().root(), elements);
                assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
            }
        }
    }

    @Test
    void shouldAskAgainForWhatTheNetworkLosesOrDamages() {
        BadLine line = new BadLine(1, 0.02, 0.02);
        Arrangement arrangement = Arrangement.random(3, 8, new Random(2));
        int elements = 200_003;

        List<float[]> results;
        List<Transport> transports = transports(3, line);
        try (Group group = Group.of(3, transports)) {
            group.enterAll(3);
            results = group.allReduce(arrangement, elements, 0);
        }

        float[] expected = Arrangement.sum(arrangement.tree().root(), elements);
        assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
        assertThat(line.damage()).isPositive();
        // bytes between two frames, which make up a multiple of 32, mean nothing, and are not checked
        assertThat(transports.stream().mapToLong(Transport::damagedDatagrams).sum())
                .isPositive()
                .isLessThanOrEqualTo(line.damage());
    }

    @Test
    void shouldSendNoMoreAtOnceThanTheSmallestDatagramHolds() {
        TransportSettings settings = TransportSettings.defaults().withEagerBytes(1024);
        List<Transport> transports =
                IntStream.of(1408, 8192)
                        .mapToObj(mtu ->
                                Transport.start(
                                        settings.withHost("host with " + mtu)
                                                .withUdp(new Udp("127.0.0.1", mtu, 256 * 1024, 64 * 1024, mtu / 1408))))
                        .toList();
        Arrangement arrangement = Arrangement.random(2, 5, new Random(6));

        List<float[]> results;
        try (Group group = Group.of(2, transports)) {
            group.enterAll(2);
            results = group.allReduce(arrangement, 40_009, 0);
        }

        float[] expected = Arrangement.sum(arrangement.tree().root(), 40_009);
        assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
    }

    @Test
    void shouldSendStateAcrossABadNetwork() {
        MemorySegment sent = Group.bytes(1_000_003, 1);
        MemorySegment received = Group.bytes(1_000_003, 2);

        try (Group group = Group.of(2, transports(2, new BadLine(4, 0.02, 0.02)))) {
            group.enterAll(2);
            var operation = group.operation(0);
            var sending = group.on(0, () -> group.member(0).send(Group.PATIENT, operation, "worker-1", List.of(sent)));
            var receiving =
                    group.on(1, () -> group.member(1).receive(Group.PATIENT, operation, "worker-0", List.of(received)));

            assertThat(List.of(sending.join(), receiving.join())).containsOnly(new Outcome.Done());
        }
        assertThat(received.mismatch(sent)).isEqualTo(-1);
    }

    @Test
    void shouldSayWhatIsMissingWhenAnotherHostCannotBeReached() {
        List<Transport> transports =
                IntStream.range(0, 2)
                        .mapToObj(at -> Transport.start(TransportSettings.defaults().withHost("host-" + at)))
                        .toList();

        try (Group group = Group.of(2, transports)) {
            group.enterAll(2);
            assertThatThrownBy(() -> group.allReduce(Arrangement.random(2, 2, new Random(1)), 10, 0))
                    .hasRootCauseMessage(
                            "worker-1 is on another host, and this node has no UDP address; set one for the transport");
        }
    }

    @Test
    void shouldKeepTheDriverWhenAMemberThatDoesItsWorkIsInterrupted() {
        Arrangement arrangement = Arrangement.random(2, 4, new Random(8));
        int elements = 50_021;
        try (Group group = Group.of(2, transports(2, (_, _) -> true))) {
            for (int round = 0; round < 5; round++) {
                group.enterAll(2);
                Group.Offer offer = group.offer(0, arrangement, elements);
                CompletableFuture<Thread> device = new CompletableFuture<>();
                var alone = group.on(0, () -> reduceUntilInterrupted(group, arrangement, offer, device));
                device.join().interrupt();
                assertThat(alone.join()).isInstanceOf(Outcome.EpochOver.class);

                group.enterAll(2);
                List<float[]> results = group.allReduce(arrangement, elements, 0);

                float[] expected = Arrangement.sum(arrangement.tree().root(), elements);
                assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
            }
        }
    }

    /// Of a member whose neighbour does not come.
    private static Outcome reduceUntilInterrupted(
            Group group, Arrangement arrangement, Group.Offer offer, CompletableFuture<Thread> device) {
        device.complete(Thread.currentThread());
        Outcome outcome =
                group.member(0)
                        .allReduce(
                                Group.PATIENT,
                                group.operation(0),
                                arrangement.tree(),
                                offer.partials(),
                                offer.result());
        Thread.interrupted();
        return outcome;
    }

    private static List<Transport> transports(int hosts, CheckedEndpoint.Line line) {
        TransportSettings settings = TransportSettings.defaults().withUdp(LOOPBACK).withEagerBytes(1024);
        return IntStream.range(0, hosts)
                .mapToObj(host -> Transport.start(settings.withHost("host-" + host), line))
                .toList();
    }
}
