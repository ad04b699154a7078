package dev.pando.actors.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// No user sets a timeout: what is long is learnt from the job itself.
class AdaptiveTimeoutsTest {
    private static final long MS = 1_000_000;
    private static final long S = 1_000 * MS;

    private final AdaptiveTimeouts patience = new AdaptiveTimeouts();

    @ParameterizedTest
    @CsvSource({"5, 1_000", "200, 1_000", "1_000, 5_000", "60_000, 300_000"})
    void shouldFollowThePaceOfSteps(String stepMs, String patienceMs) {
        work("worker-0", number(stepMs) * MS, 100);

        assertThat(patience.ns("worker-1", 1)).isEqualTo(number(patienceMs) * MS);
    }

    @Test
    void shouldFollowWhenThePaceChanges() {
        work("worker-0", 5 * MS, 100);
        work("worker-0", 60 * S, 100);
        assertThat(patience.ns("worker-0", 1)).isEqualTo(300 * S);

        work("worker-0", 5 * MS, 100);

        assertThat(patience.ns("worker-0", 1)).isEqualTo(S);
    }

    @Test
    void shouldNotTakeAPauseForThePace() {
        work("worker-0", 5 * MS, 63);
        work("worker-0", 20 * S, 1);

        assertThat(patience.ns("worker-0", 1)).isEqualTo(S);
    }

    @Test
    void shouldWaitLongerForAWorkerThatIsSlow() {
        for (int step = 0; step < 10; step++) {
            for (int worker = 0; worker < 20; worker++) {
                work("worker-" + worker, S, 1);
            }
            work("slow", 8 * S, 1);
        }

        assertThat(patience.ns("worker-3", 1)).isEqualTo(5 * S);
        assertThat(patience.ns("slow", 1)).isEqualTo(40 * S);
    }

    @Test
    void shouldWaitTwiceAsLongForOneThatWasNotDead() {
        work("worker-0", S, 100);

        patience.gaveUp("worker-1");
        patience.gaveUp("worker-1#2");
        assertThat(patience.ns("worker-1#3", 1)).isEqualTo(4 * 5 * S);
        assertThat(patience.ns("worker-0", 1)).isEqualTo(5 * S);

        work("worker-1#3", S, 8);
        assertThat(patience.ns("worker-1#3", 1)).as("once it has worked").isEqualTo(5 * S);
    }

    @ParameterizedTest
    @CsvSource({"100, 5, 400", "250, 5, 1_000", "100, 150, 400", "100, 2_000, 4_000"})
    void shouldFollowTheSignsOfLifeAndWhatIsAtStake(String signsMs, String pieceMs, String patienceMs) {
        work("worker-0", number(pieceMs) * MS, 100);
        IntStream.range(0, 20).forEach(_ -> patience.observeSigns("worker-1", number(signsMs) * MS));

        assertThat(patience.withoutSignNs("worker-1")).isEqualTo(number(patienceMs) * MS);
    }

    @Test
    void shouldNotMissSignsThatNeverCame() {
        work("worker-0", 5 * MS, 100);

        assertThat(patience.withoutSignNs("worker-0")).isGreaterThan(60 * S);
    }

    @Test
    void shouldMissTheSignsLaterOfOneThatWasBackAtOnce() {
        patience.observeSigns("worker-1", 100 * MS);

        patience.gaveUp("worker-1");
        assertThat(patience.withoutSignNs("worker-1")).isEqualTo(800 * MS);

        work("worker-1", 5 * MS, 8);
        assertThat(patience.withoutSignNs("worker-1")).as("once it has worked").isEqualTo(400 * MS);
    }

    @Test
    void shouldNotTakeAPauseOfItsOwnForTheSilenceOfOthers() {
        MissedReplies silence = new MissedReplies();
        silence.heard("worker-0");
        long ticksOfASecond = S / MissedReplies.TICK_NS;

        // The supervisor stands still for a minute: of all the ticks that it missed it hears one.
        List<String> afterThePause = silence.tick(List.of("worker-0"), _ -> S);
        assertThat(afterThePause).isEmpty();

        IntStream.range(1, (int) ticksOfASecond)
                .forEach(_ -> assertThat(silence.tick(List.of("worker-0"), _ -> S)).isEmpty());
        assertThat(silence.tick(List.of("worker-0"), _ -> S)).containsExactly("worker-0");
    }

    private void work(String worker, long eachNs, int pieces) {
        for (int i = 0; i < pieces; i++) {
            patience.observe(worker, eachNs);
        }
    }

    private static long number(String digits) {
        return Long.parseLong(digits.replace("_", ""));
    }
}
