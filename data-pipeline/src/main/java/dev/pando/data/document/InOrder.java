package dev.pando.data.document;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/// Works on things with any number of threads, and hands out the results in the order of the things.
public final class InOrder {
    private static final int AHEAD = 4; // of the slowest, for each thread

    private InOrder() {}

    /// @param next the next thing, or null at the end; called by the caller's thread alone
    /// @param work called by several threads at once
    /// @param done called by the caller's thread alone, in order
    public static <T, R> void run(int threads, Supplier<T> next, Function<T, R> work, Consumer<R> done) {
        if (threads < 1) {
            throw new PipelineException("there must be at least 1 thread, not " + threads);
        }
        AtomicInteger number = new AtomicInteger();
        ExecutorService pool =
                Executors.newFixedThreadPool(
                        threads,
                        task -> Thread.ofPlatform().daemon().name("data-" + number.incrementAndGet()).unstarted(task));
        Deque<Future<R>> waiting = new ArrayDeque<>();
        try {
            for (T thing = next.get(); thing != null; thing = next.get()) {
                T given = thing;
                waiting.addLast(pool.submit(() -> work.apply(given)));
                if (waiting.size() >= AHEAD * threads) {
                    done.accept(result(waiting.removeFirst()));
                }
            }
            while (!waiting.isEmpty()) {
                done.accept(result(waiting.removeFirst()));
            }
        } finally {
            pool.shutdownNow();
        }
    }

    private static <R> R result(Future<R> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PipelineException("stopped while it waited for a worker thread", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof PipelineException sentence) {
                throw sentence;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
