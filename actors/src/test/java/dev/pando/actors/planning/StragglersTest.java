package dev.pando.actors.planning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class StragglersTest {
    private final Stragglers stragglers = new Stragglers();
    private final SortedMap<String, Double> seconds = new TreeMap<>();
    private long step;

    @Test
    void shouldNameOnceWhoFallsBehindAndOnceWhoKeepsUpAgain() {
        seconds.put("a", 1.0);
        seconds.put("b", 1.1);
        seconds.put("c", 2.2);

        assertThat(steps(50)).containsExactly(new JobEvent.WorkerFellBehind("c", 7, 2.0));

        seconds.put("c", 1.0);

        assertThat(steps(50)).containsExactly(new JobEvent.WorkerKeptUp("c", 57));
    }

    @Test
    void shouldNotNameAnybodyForAFewSlowSteps() {
        seconds.put("a", 1.0);
        seconds.put("b", 1.0);
        for (int i = 0; i < 20; i++) {
            seconds.put("b", 3.0);
            assertThat(steps(5)).isEmpty();
            seconds.put("b", 1.0);
            assertThat(steps(5)).isEmpty();
        }
    }

    @Test
    void shouldNotNameAnybodyForATimersNoise() {
        seconds.put("a", 0.0001);
        seconds.put("b", 0.0009);

        assertThat(steps(50)).isEmpty();
    }

    private List<JobEvent> steps(int number) {
        List<JobEvent> news = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            news.addAll(stragglers.watch(step++, seconds));
        }
        return news;
    }
}
