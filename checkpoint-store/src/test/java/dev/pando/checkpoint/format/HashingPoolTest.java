package dev.pando.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HashingPoolTest {
    @Test
    void shouldGiveResultsInTheOrderOfTheTasks() throws Exception {
        try (HashingPool workers = new HashingPool("test", 3, 64, 0)) {
            assertThat(workers.all(List.<Callable<Integer>>of(() -> 1, () -> 2, () -> 3), false))
                    .containsExactly(1, 2, 3);
        }
    }

    /// A caller that waits for a task that never begins would wait for ever.
    @Test
    void shouldReleaseWhoWaitsWhenItIsClosed() throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch go = new CountDownLatch(1);
        Callable<Void> slow =
                () -> {
                    begun.countDown();
                    while (go.getCount() > 0) {
                        try {
                            go.await();
                        } catch (InterruptedException hurried) {
                            // a read that the kernel does not give up
                        }
                    }
                    return null;
                };
        try (ExecutorService caller = Executors.newSingleThreadExecutor()) {
            HashingPool workers = new HashingPool("test", 2, 64, 0);
            Future<List<Void>> waiting = caller.submit(() -> workers.all(List.of(slow, slow, slow, slow), false));
            begun.await();

            workers.close();
            go.countDown();

            assertThatThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(InterruptedIOException.class);
            assertThatThrownBy(() -> workers.all(List.of(slow), false)).isInstanceOf(InterruptedIOException.class);
        }
    }
}
