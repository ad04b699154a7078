package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.collectives.wire.Address;
import dev.pando.collectives.wire.Frame;
import dev.pando.collectives.wire.TransportSettings;
import io.aeron.Aeron;
import io.aeron.CommonContext;
import io.aeron.Publication;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A process that is no member publishes into a member's inbox: all of it is dropped and counted, and no bit changes.
class StrangerTest {
    private static final int ELEMENTS = 10_007;
    private static final int FRAMES = 200;
    private static final int LONGEST = 2_000;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void shouldDropWhatNoMemberSent(long seed) {
        Random random = new Random(seed);
        Arrangement arrangement = Arrangement.random(3, 8, random);
        float[] expected = Arrangement.sum(arrangement.tree().root(), ELEMENTS);
        try (Group group = Group.of(3, 2, TransportSettings.defaults())) {
            group.enterAll(3);
            group.enterAll(3);
            group.allReduce(arrangement, ELEMENTS, 0);
            Address inbox = Address.parse(group.member(0).address());
            Aeron.Context context =
                    new Aeron.Context()
                            .aeronDirectoryName(inbox.driver())
                            .epochClock(HomeDriver.Clocks.MONOTONIC.epoch()); // as the driver's
            try (Aeron stranger = Aeron.connect(context);
                    Publication publication = stranger.addPublication(CommonContext.IPC_CHANNEL, inbox.stream())) {
                for (int frame = 0; frame < FRAMES; frame++) {
                    offer(publication, foreign(random, frame));
                }

                long before = dropped(group);
                for (long operation = 1; dropped(group) < before + FRAMES; operation++) {
                    List<float[]> results = group.allReduce(arrangement, ELEMENTS, operation);
                    assertThat(results)
                            .as("seed %s", seed)
                            .allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
                }
            }
        }
    }

    private static long dropped(Group group) {
        return ((AeronCollective) group.member(0)).counters().staleFrames();
    }

    /// In turn: noise, the shortest of noise, another group of a newer epoch, an older epoch, a rank that no member
    /// has.
    private static UnsafeBuffer foreign(Random random, int number) {
        int length = number % 5 == 1 ? 1 + random.nextInt(Frame.HEADER - 1) : Frame.HEADER + random.nextInt(LONGEST);
        byte[] noise = new byte[length];
        random.nextBytes(noise);
        UnsafeBuffer frame = new UnsafeBuffer(noise);
        long group = Frame.groupOf("job");
        switch (number % 5) {
            case 2 -> Frame.encode(frame, 0, Frame.SUM, 1, Frame.groupOf("other"), 1_000, 0);
            case 3 -> Frame.encode(frame, 0, Frame.SUM, 1, group, 1, 0);
            case 4 -> {
                Frame.encode(frame, 0, Frame.SUM, 0, group, 2, 0);
                frame.putShort(4, (short) (3 + random.nextInt(1_000)));
            }
            default -> {}
        }
        return frame;
    }

    private static void offer(Publication publication, UnsafeBuffer frame) {
        long position = publication.offer(frame);
        while (position < 0) {
            assertThat(position).as("position").isNotEqualTo(Publication.CLOSED);
            Thread.onSpinWait();
            position = publication.offer(frame);
        }
    }
}
