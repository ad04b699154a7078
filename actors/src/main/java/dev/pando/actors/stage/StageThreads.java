package dev.pando.actors.stage;

import dev.pando.actors.job.DeviceThread;
import dev.pando.actors.job.StageFailure;
import dev.pando.actors.job.Stopwatch;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Runs a stage's work in the order in which it was asked for: what computes on the device's thread, where jobs take
/// turns, and what waits for other workers on a thread of the stage's own. So no job's wait is another's: were a device
/// to stand still in the sum of one job while its peer stands still in that of another, both would wait for ever.
///
/// One piece of work begins when the one before has ended, whichever thread either of them needs. Belongs to the
/// stage's actor, but for what it runs.
final class StageThreads {
    private static final long NOT_QUEUED = Long.MIN_VALUE;

    private final DeviceThread device;
    private final DeviceThread peers;
    private final Stopwatch stopwatch;
    private CompletionStage<?> last = CompletableFuture.completedStage(null);
    private volatile long queuedNs = NOT_QUEUED; // since when a piece of work waits for its turn at the device
    private volatile boolean over;

    /// @param device shared with other stages
    /// @param peers of this stage alone
    StageThreads(DeviceThread device, DeviceThread peers, Stopwatch stopwatch) {
        this.device = device;
        this.peers = peers;
        this.stopwatch = stopwatch;
    }

    /// Begins once all has ended that was asked for before.
    ///
    /// @param work made of [#onDevice] and [#withPeers]
    <T> CompletionStage<T> inOrder(Supplier<CompletionStage<T>> work) {
        CompletionStage<T> result = last.thenCompose(_ -> work.get());
        last = result.handle((_, _) -> null);
        return result;
    }

    /// A task that computes, when it is this stage's turn.
    <T> CompletionStage<T> onDevice(Callable<T> task) {
        queuedNs = stopwatch.nanos();
        return device.submit(() -> {
            queuedNs = NOT_QUEUED;
            return unlessOver(task);
        });
    }

    /// A task that waits for other workers.
    <T> CompletionStage<T> withPeers(Callable<T> task) {
        return peers.submit(() -> unlessOver(task));
    }

    private <T> T unlessOver(Callable<T> task) throws Exception {
        if (over) {
            throw new StageFailure("the stage is over");
        }
        return task.call();
    }

    /// How long a piece of work has been waiting for its turn while the device computes for other jobs; 0 where none
    /// does.
    long queuedNs() {
        long since = queuedNs;
        return since == NOT_QUEUED ? 0 : stopwatch.nanos() - since;
    }

    /// Nothing more begins. Whichever of the two threads is the last to be done with the stage runs the task, which may
    /// free what both have worked with.
    void end(Runnable task) {
        over = true;
        AtomicInteger awaited = new AtomicInteger(2);
        Runnable farewell =
                () -> {
                    if (awaited.decrementAndGet() == 0) {
                        task.run();
                    }
                };
        device.submitLast(farewell);
        peers.submitLast(farewell);
        peers.abandon();
    }
}
