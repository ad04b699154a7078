package dev.pando.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimiterTest {
    private final AtomicLong nowNs = new AtomicLong(-5_000_000_000L);
    private final WaitingClock clock =
            new WaitingClock() {
                @Override
                public long nowNs() {
                    return nowNs.get();
                }

                @Override
                public void await(long nanos) {
                    nowNs.addAndGet(nanos);
                }
            };
    private final RateLimiter pace = new RateLimiter(1000, clock);

    @Test
    void shouldTakeAsLongAsTheBytesAreMany() throws IOException {
        long begin = nowNs.get();

        for (int n = 0; n < 101; n++) {
            pace.await(100);
        }

        assertThat(nowNs.get() - begin).isEqualTo(10_000_000_000L);
    }

    @Test
    void shouldMakeUpForNoMoreThanAMomentOfIdleness() throws IOException {
        pace.await(100);
        nowNs.addAndGet(60_000_000_000L);
        long begin = nowNs.get();

        for (int n = 0; n < 101; n++) {
            pace.await(100);
        }

        assertThat(nowNs.get() - begin).isBetween(9_800_000_000L, 10_000_000_000L);
    }

    @Test
    void shouldNotWaitWithoutABound() throws IOException {
        long begin = nowNs.get();

        new RateLimiter(0, clock).await(Long.MAX_VALUE);

        assertThat(nowNs.get()).isEqualTo(begin);
    }
}
