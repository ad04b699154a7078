package dev.pando.runtime.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.runtime.job.Preparation;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LongCallTest {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final Preparation person =
            new Preparation() {
                @Override
                public void advanced(Phase phase, long documents, long bytes, long totalBytes) {}

                @Override
                public void waiting(String sentence) {
                    told.add(sentence);
                }
            };

    private String hear() {
        try {
            return told.poll(60, TimeUnit.SECONDS);
        } catch (InterruptedException never) {
            throw new AssertionError(never);
        }
    }

    @Test
    void shouldSayWhomItWaitsForAsLongAsItLasts() {
        String result = new LongCall(1, 1).telling(person, () -> "waiting for it", () -> hear() + ", " + hear());

        assertThat(result).isEqualTo("waiting for it, waiting for it");
    }

    @Test
    void shouldSayNothingOfWhatIsQuick() {
        String result = new LongCall(TimeUnit.HOURS.toMillis(1), 1).telling(person, () -> "waiting", () -> "here");

        assertThat(result).isEqualTo("here");
        assertThat(told).isEmpty();
    }

    @Test
    void shouldThrowWhatTheCallThrowsWhoeverListens() {
        LongCall call = new LongCall(1, 1);

        assertThatThrownBy(() ->
                        call.telling(
                                person,
                                () -> {
                                    told.add("asked");
                                    throw new IllegalStateException("the listener has gone");
                                },
                                () -> {
                                    throw new IllegalArgumentException(hear() + " of the place");
                                }))
                .hasMessage("asked of the place");
    }
}
