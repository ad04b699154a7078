package dev.pando.actors.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.liveness.MissedReplies;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FinalCheckpointRetryTest {
    private final FinalCheckpointRetry last = new FinalCheckpointRetry();

    private static long seconds(long number) {
        return TimeUnit.SECONDS.toNanos(number);
    }

    @Test
    void shouldTryAgainLessAndLessOftenUntilPatienceIsOver() {
        List<Integer> pauses = new ArrayList<>();
        long nowNs = seconds(1000);
        last.begins(12, nowNs);
        for (OptionalInt pause = last.failed(nowNs, false); pause.isPresent(); pause = last.failed(nowNs, false)) {
            pauses.add(pause.getAsInt());
            nowNs += pause.getAsInt() * MissedReplies.TICK_NS;
            last.begins(12, nowNs);
        }

        assertThat(pauses).startsWith(20, 40, 80, 160, 320, 400).endsWith(400, 180);
        assertThat(nowNs).isEqualTo(seconds(1180));
    }

    @Test
    void shouldNotTryAgainWhereTheStoreWasPatientItself() {
        last.begins(12, 0);

        assertThat(last.failed(seconds(181), false)).isEmpty();
    }

    @Test
    void shouldGiveUpSoonerWhenSomebodyWantsToStop() {
        last.begins(12, 0);

        assertThat(last.failed(seconds(29), true)).hasValue(20);
        assertThat(last.failed(seconds(30), true)).isEmpty();
        assertThat(last.failed(seconds(30), false)).isPresent();
    }

    @Test
    void shouldSayWhatIsNewOnce() {
        last.begins(12, 0);

        assertThat(last.news("the disk is full", false)).isEqualTo("the disk is full; it is tried again for 180 s");
        assertThat(last.news("the disk is full", false)).isEmpty();
        assertThat(last.news("it is read-only", true)).isEqualTo("it is read-only; it is tried again for 30 s");
        last.begins(14, 0);
        assertThat(last.news("it is read-only", false)).isNotEmpty();
    }
}
