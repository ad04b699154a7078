package dev.pando.checkpoint.format;

import dev.pando.checkpoint.io.CorruptCheckpointException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/// Threads that hash and check, each with one chunk of scratch memory, gone when there is nothing to do for a while.
/// Where there would be one, the caller does it.
public final class HashingPool implements AutoCloseable {
    private static final Thread ANOTHER = Thread.ofPlatform().unstarted(() -> {});

    private static final long IDLE_SECONDS = 10;

    private final boolean alone;
    private final long least;
    private final ExecutorService threads;
    private final ThreadLocal<MemorySegment> scratch;

    /// @param what they do, as a part of their names
    /// @param least bytes for which it pays to hand work over
    public HashingPool(String what, int count, int chunkBytes, long least) {
        this.alone = count == 1; // then the caller is one as well
        this.least = least;
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor pool =
                new ThreadPoolExecutor(
                        count,
                        count,
                        IDLE_SECONDS,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(),
                        task ->
                                Thread.ofPlatform()
                                        .name("pando-" + what + "-" + number.getAndIncrement())
                                        .daemon()
                                        .unstarted(task));
        pool.allowCoreThreadTimeOut(true);
        this.threads = pool;
        this.scratch = ThreadLocal.withInitial(() -> allocate(chunkBytes));
    }

    /// Memory of the calling thread's own.
    public MemorySegment scratch(long bytes) {
        if (scratch.get().byteSize() < bytes) { // a checkpoint of larger chunks than ours
            scratch.set(allocate(bytes));
        }
        return scratch.get().asSlice(0, bytes);
    }

    private static MemorySegment allocate(long bytes) {
        return Arena.ofAuto().allocate(bytes, Safetensors.ALIGNMENT);
    }

    /// Whether several threads hash this many bytes sooner than one.
    public boolean pays(long bytes) {
        return bytes >= least;
    }

    /// Whether threads other than the caller may touch the segment.
    public static boolean canShare(MemorySegment segment) {
        return segment.isAccessibleBy(ANOTHER);
    }

    /// Runs all tasks and gives their results in the tasks' order; throws the first failure in that order. When it
    /// returns, no task runs any more.
    ///
    /// @param here to run them on the calling thread, whose memory no other thread may touch
    public <T> List<T> all(List<? extends Callable<T>> tasks, boolean here)
            throws IOException, CorruptCheckpointException {
        AtomicBoolean stop = new AtomicBoolean();
        List<Future<T>> futures = new ArrayList<>();
        for (Callable<T> task : tasks) {
            FutureTask<T> future = new FutureTask<>(() -> stop.get() ? null : task.call());
            futures.add(future);
            if (here || alone) {
                future.run();
            } else {
                begin(future);
            }
        }
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException failed) {
            stop.set(true);
            throw rethrown(failed.getCause());
        } catch (CancellationException _) {
            stop.set(true);
            throw new InterruptedIOException("closed");
        } catch (InterruptedException _) {
            stop.set(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            if (stop.get()) {
                futures.forEach(HashingPool::awaitEnd);
            }
        }
    }

    private void begin(FutureTask<?> task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException closed) {
            task.cancel(false);
        }
    }

    /// A task that has begun ends after at most one chunk, and the others do not begin.
    private static void awaitEnd(Future<?> future) {
        boolean interrupted = false;
        while (!future.isDone()) {
            try {
                future.get();
            } catch (InterruptedException _) {
                interrupted = true;
            } catch (ExecutionException | CancellationException known) {
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static AssertionError rethrown(Throwable cause) throws IOException, CorruptCheckpointException {
        switch (cause) {
            case IOException failed -> throw failed;
            case CorruptCheckpointException damaged -> throw damaged;
            case RuntimeException wrong -> throw wrong;
            case Error grave -> throw grave;
            case null, default -> throw new AssertionError("tasks throw nothing else", cause);
        }
    }

    /// A caller that waits for tasks that have not begun gets an error.
    @Override
    public void close() {
        for (Runnable dropped : threads.shutdownNow()) {
            ((Future<?>) dropped).cancel(false);
        }
    }
}
