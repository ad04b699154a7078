package dev.pando.actors;

import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/// The one platform thread that may touch a device: a CUDA context belongs to a thread, and so does the order of work.
///
/// Work runs in the order of submission. A thread that hangs cannot be killed: it is abandoned, interrupted, and what
/// it says afterwards is heard by nobody.
final class DeviceThread {
    private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private final Queue<Runnable> farewells = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean abandoned;

    DeviceThread(String name) {
        this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    /// Runs the task after all that was submitted before. The result fails with whatever the task throws, errors
    /// included.
    <T> CompletionStage<T> submit(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        work.add(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable failure) { // what a device throws becomes an actor's message, whatever its kind
                result.completeExceptionally(failure);
            }
        });
        return result;
    }

    /// Runs the task once, after all that was submitted before, or when the abandoned thread ends: frees what running
    /// work may still touch.
    void submitLast(Runnable task) {
        AtomicBoolean ran = new AtomicBoolean();
        Runnable once =
                () -> {
                    if (ran.compareAndSet(false, true)) {
                        task.run();
                    }
                };
        farewells.add(once);
        work.add(once);
    }

    /// Forgets what waits, interrupts what runs, and ends the thread as soon as it can be had.
    void abandon() {
        abandoned = true;
        thread.interrupt();
    }

    private void run() {
        try {
            while (!abandoned) {
                work.take().run();
            }
        } catch (InterruptedException expected) {
            // the only interrupt comes from abandon, which wants this thread to end
        } finally {
            farewells.forEach(Runnable::run);
        }
    }
}
