package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.collectives.HomeDriver.Clocks;
import dev.pando.collectives.wire.TransportSettings;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A process that stood still for minutes, and one whose transport has lost its media driver.
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class StandstillTest {
    private static final int ELEMENTS = 301; // too few for shared spans: they travel by Aeron
    private static final int LOOKS = 100;
    private static final long A_MOMENT_NS = TimeUnit.MILLISECONDS.toNanos(50); // so that all looks take five seconds
    private static final long FIVE_MINUTES_NS = TimeUnit.MINUTES.toNanos(5);

    @TempDir Path directory;

    private final AtomicLong missedNs = new AtomicLong();

    @Test
    void shouldGoOnInTheSameEpochAfterTheWholeProcessStoodStill() {
        Arrangement arrangement = Arrangement.random(2, 5, new Random(3));
        List<Transport> transports = Stream.generate(() -> start(clocks())).limit(2).toList();

        try (Group group = Group.of(2, transports)) {
            group.enterAll(2);
            assertSum(arrangement, group, 0);

            missedNs.addAndGet(FIVE_MINUTES_NS);

            for (int operation = 1; operation <= LOOKS; operation++) {
                assertSum(arrangement, group, operation);
                LockSupport.parkNanos(A_MOMENT_NS); // in which clients and drivers look at each other
            }
        }
    }

    /// What no driver forgives ends its client, as anything else might.
    @Test
    void shouldLetMembersJoinAgainWhereTheDriverIsGone() {
        Arrangement arrangement = Arrangement.random(2, 5, new Random(3));
        try (Transport first = start(clocks());
                Transport second = start(Clocks.MONOTONIC)) {
            Group before = Group.of(2, List.of(first, second));
            before.enterAll(2);
            assertSum(arrangement, before, 0);

            missedNs.addAndGet(4 * FIVE_MINUTES_NS);

            String news = "";
            for (int tries = 0; tries < 10 * LOOKS && !news.contains("is gone; the worker must join"); tries++) {
                news = newsOf(before, arrangement); // first streams may end, the driver with them
                LockSupport.parkNanos(A_MOMENT_NS);
            }
            assertThat(news).contains("is gone; the worker must join the transport again");
            missedNs.set(0);
            before.leaveAll();
            Group after = Group.of(2, List.of(first, second));
            after.enterAll(2);
            assertSum(arrangement, after, 0);
            after.leaveAll();
        }
    }

    /// How a sum in the next epoch ends; nothing where it is right.
    private static String newsOf(Group group, Arrangement arrangement) {
        group.enterAll(2);
        try {
            assertSum(arrangement, group, 0);
            return "";
        } catch (CompletionException ended) {
            return ended.getMessage();
        }
    }

    private Clocks clocks() {
        return new Clocks(
                () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime() + missedNs.get()),
                () -> System.nanoTime() + missedNs.get());
    }

    private Transport start(Clocks clocks) {
        return Transport.start(TransportSettings.defaults().withDirectory(directory), clocks, (_, _) -> true);
    }

    @Test
    void shouldForgiveClientsWhatTheDriversProcessMissed() {
        AtomicLong now = new AtomicLong(1_000_000);
        ForgivingEpochClock clock = new ForgivingEpochClock(now::get);

        long before = clock.time();
        now.addAndGet(300_000);
        long atOnce = clock.time();
        now.addAndGet(2_999);
        long later = clock.time();
        now.addAndGet(1);
        long afterwards = clock.time();

        assertThat(List.of(before, atOnce, later)).containsOnly(1_000_000L);
        assertThat(afterwards).isEqualTo(now.get());
    }

    @Test
    void shouldCountOnlyTimeThatWasLived() {
        AtomicLong now = new AtomicLong(7);
        LivedNanoClock clock = new LivedNanoClock(now::get);

        now.addAndGet(1_000);
        long running = clock.nanoTime();
        now.addAndGet(FIVE_MINUTES_NS);
        long afterwards = clock.nanoTime();
        now.addAndGet(1_000);
        long later = clock.nanoTime();

        assertThat(running).isEqualTo(1_007);
        assertThat(afterwards - running).isEqualTo(TimeUnit.SECONDS.toNanos(5));
        assertThat(later - afterwards).isEqualTo(1_000);
    }

    private static void assertSum(Arrangement arrangement, Group group, long operation) {
        float[] expected = Arrangement.sum(arrangement.tree().root(), ELEMENTS);
        group.room(2);
        assertThat(group.allReduce(arrangement, ELEMENTS, operation))
                .allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
    }
}
