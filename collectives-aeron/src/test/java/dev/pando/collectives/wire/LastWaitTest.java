package dev.pando.collectives.wire;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LastWaitTest {
    @Test
    void shouldNameTheThreadThatDoesNotEnd() {
        CountDownLatch over = new CountDownLatch(1);
        Thread stuck =
                Thread.ofPlatform()
                        .name("pando-courier-worker-2")
                        .daemon()
                        .start(() -> {
                            try {
                                over.await();
                            } catch (InterruptedException hurried) {
                                Thread.currentThread().interrupt();
                            }
                        });

        assertThatThrownBy(() -> LastWait.forEndOf(stuck, Duration.ofMillis(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("pando-courier-worker-2 has not ended within");

        over.countDown();
        assertThatCode(() -> LastWait.forEndOf(stuck)).doesNotThrowAnyException();
    }
}
