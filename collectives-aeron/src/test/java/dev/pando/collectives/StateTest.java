package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.collectives.wire.Address;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StateTest {
    private Group group;
    private Operation operation;

    @BeforeEach
    void start() {
        group = Group.of(3, 2, TransportSettings.defaults().withChunkBytes(1024).withTermBytes(64 * 1024));
        group.enterAll(3);
        operation = group.operation(3);
    }

    @AfterEach
    void stop() {
        group.close();
    }

    @Test
    void shouldFillSpansThatAreCutInAnotherWay() {
        List<MemorySegment> sent = List.of(Group.bytes(70_001, 1), Group.bytes(0, 2), Group.bytes(13, 3));
        MemorySegment whole = Arena.ofAuto().allocate(70_014);
        List<MemorySegment> parts = List.of(whole.asSlice(0, 5), whole.asSlice(5, 0), whole.asSlice(5));

        var sending = group.on(1, () -> group.member(1).send(Group.PATIENT, operation, "worker-2", sent));
        var receiving = group.on(2, () -> group.member(2).receive(Group.PATIENT, operation, "worker-1", parts));

        assertThat(List.of(sending.join(), receiving.join())).containsOnly(new Outcome.Done());
        assertThat(whole.asSlice(0, 70_001).mismatch(sent.getFirst())).isEqualTo(-1);
        assertThat(whole.asSlice(70_001).mismatch(sent.getLast())).isEqualTo(-1);
    }

    @Test
    void shouldSendNothingToo() {
        var sending = group.on(0, () -> group.member(0).send(Group.PATIENT, operation, "worker-2", List.of()));
        var receiving = group.on(2, () -> group.member(2).receive(Group.PATIENT, operation, "worker-0", List.of()));

        assertThat(List.of(sending.join(), receiving.join())).containsOnly(new Outcome.Done());
    }

    @Test
    void shouldTellBothWhenTheirSizesDiffer() {
        var sending =
                group.on(
                        0,
                        () ->
                                group.member(0)
                                        .send(Group.PATIENT, operation, "worker-2", List.of(Group.bytes(5000, 1))));
        var receiving =
                group.on(
                        2,
                        () ->
                                group.member(2)
                                        .receive(Group.PATIENT, operation, "worker-0", List.of(Group.bytes(4999, 1))));

        assertThatThrownBy(sending::join)
                .hasRootCauseMessage("send 3 to worker-2: sent 5000 bytes to a receiver of 4999");
        assertThatThrownBy(receiving::join)
                .hasRootCauseMessage("receive 3 from worker-0: sent 5000 bytes to a receiver of 4999");
    }

    @Test
    void shouldReleaseBothWhenANewerEpochIsEntered() {
        MemorySegment large = Group.bytes(5_000_000, 1);
        CompletableFuture<Outcome> sending =
                group.on(0, () -> group.member(0).send(Group.PATIENT, operation, "worker-2", List.of(large)));
        CompletableFuture<Outcome> receiving =
                group.on(2, () -> group.member(2).receive(Group.PATIENT, operation, "worker-1", List.of(large)));

        group.enterAll(3);

        assertThat(List.of(sending.join(), receiving.join())).containsOnly(new Outcome.EpochOver(2));
    }

    private MemorySegment shared(int member, long bytes, int seed) {
        MemorySegment span = group.member(member).memory().allocate("state", bytes);
        return span.copyFrom(Group.bytes(bytes, seed));
    }

    private long bytesSentBy(int member) {
        return ((AeronCollective) group.communicator(member)).counters().bytesSent();
    }

    @Test
    void shouldReadWhereANeighboursSpansLie() {
        List<MemorySegment> sent = List.of(shared(1, 70_001, 1), shared(1, 5, 2), shared(1, 9_000_013, 3));
        MemorySegment whole = Arena.ofAuto().allocate(9_070_019);
        List<MemorySegment> parts = List.of(whole.asSlice(0, 8_000_000), whole.asSlice(8_000_000));

        var sending = group.on(1, () -> group.member(1).send(Group.PATIENT, operation, "worker-2", sent));
        var receiving = group.on(2, () -> group.member(2).receive(Group.PATIENT, operation, "worker-1", parts));

        assertThat(List.of(sending.join(), receiving.join())).containsOnly(new Outcome.Done());
        assertThat(whole.asSlice(0, 70_001).mismatch(sent.getFirst())).isEqualTo(-1);
        assertThat(whole.asSlice(70_001, 5).mismatch(sent.get(1))).isEqualTo(-1);
        assertThat(whole.asSlice(70_006).mismatch(sent.getLast())).isEqualTo(-1);
        assertThat(bytesSentBy(1)).isEqualTo(3 * 2 * Long.BYTES); // places and lengths alone
    }

    @Test
    void shouldSendTheBytesToANeighbourThatCannotReadTheFile() throws IOException {
        MemorySegment sent = shared(1, 70_001, 1);
        MemorySegment received = Arena.ofAuto().allocate(70_001);
        Files.delete(Path.of(Address.parse(group.member(1).address()).spans()));

        var sending = group.on(1, () -> group.member(1).send(Group.PATIENT, operation, "worker-2", List.of(sent)));
        var receiving =
                group.on(2, () -> group.member(2).receive(Group.PATIENT, operation, "worker-1", List.of(received)));

        assertThat(List.of(sending.join(), receiving.join())).containsOnly(new Outcome.Done());
        assertThat(received.mismatch(sent)).isEqualTo(-1);
    }

    @Test
    void shouldTellBothWhenTheSizesOfSharedSpansDiffer() {
        MemorySegment sent = shared(0, 5000, 1);
        MemorySegment room = Group.bytes(4999, 1);

        var sending = group.on(0, () -> group.member(0).send(Group.PATIENT, operation, "worker-2", List.of(sent)));
        var receiving = group.on(2, () -> group.member(2).receive(Group.PATIENT, operation, "worker-0", List.of(room)));

        assertThatThrownBy(sending::join)
                .hasRootCauseMessage("send 3 to worker-2: sent 5000 bytes to a receiver of 4999");
        assertThatThrownBy(receiving::join)
                .hasRootCauseMessage("receive 3 from worker-0: sent 5000 bytes to a receiver of 4999");
    }

    /// The sender has said where its spans lie, has timed out, and may have changed them since.
    @Test
    void shouldNotTrustWhatItReadsOfASenderThatHasGivenUp() {
        MemorySegment sent = shared(1, 70_001, 1);
        MemorySegment room = Arena.ofAuto().allocate(70_001);
        Deadline brief = new Deadline("a receiver that comes too late", TimeUnit.MILLISECONDS.toNanos(300));

        Outcome gaveUp = group.on(1, () -> group.member(1).send(brief, operation, "worker-2", List.of(sent))).join();
        sent.fill((byte) 7);
        Outcome outcome =
                group.on(2, () -> group.member(2).receive(brief, operation, "worker-1", List.of(room))).join();

        assertThat(gaveUp).isEqualTo(new Outcome.TimedOut(List.of("worker-2")));
        assertThat(outcome).isEqualTo(new Outcome.TimedOut(List.of("worker-1")));
    }
}
