package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Scores that take long, formed on threads of their kind, as many as the machine has cores: no worker waits for one.
final class MetricTasks implements AutoCloseable {
    private static final long A_LOOK_MINUTES = 1;

    /// Looks without any finished score after which the evaluation is given up: each score has a limit below that.
    private static final int MOST_LOOKS = 30;

    private final ThreadPoolExecutor pool;

    MetricTasks() {
        int threads = Runtime.getRuntime().availableProcessors();
        this.pool =
                new ThreadPoolExecutor(
                        threads,
                        threads,
                        1,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        Thread.ofPlatform().daemon().name("evaluation-metrics-", 0).factory());
        pool.allowCoreThreadTimeOut(true);
    }

    void submit(Runnable task) {
        pool.execute(task);
    }

    /// Waits until all that was submitted has ended.
    void finish() {
        pool.shutdown();
        try {
            long before = pool.getCompletedTaskCount();
            int looks = 0;
            while (!pool.awaitTermination(A_LOOK_MINUTES, TimeUnit.MINUTES)) {
                looks = pool.getCompletedTaskCount() == before ? looks + 1 : 0;
                before = pool.getCompletedTaskCount();
                if (looks == MOST_LOOKS) {
                    throw new EvaluationException(
                            "no score was formed for "
                                    + MOST_LOOKS
                                    + " minutes, and "
                                    + pool.getActiveCount()
                                    + " are being formed by evaluation-metrics");
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new EvaluationException("the evaluation was interrupted while scores were formed", stopped);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
