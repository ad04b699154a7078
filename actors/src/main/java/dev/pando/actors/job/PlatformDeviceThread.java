package dev.pando.actors.job;

import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// A dedicated platform thread, so that neither a blocked device nor the native code below it holds up an actor.
final class PlatformDeviceThread implements DeviceThread {
    private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
    private final Queue<Farewell> farewells = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean abandoned;

    PlatformDeviceThread(String name) {
        this.thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    @Override
    public <T> CompletionStage<T> submit(Callable<T> task) {
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

    @Override
    public void submitLast(Runnable task) {
        Farewell farewell = new Farewell(task);
        farewells.add(farewell);
        work.add(farewell);
    }

    /// Runs once, and is remembered until then.
    private final class Farewell implements Runnable {
        private final Runnable task;

        Farewell(Runnable task) {
            this.task = task;
        }

        @Override
        public void run() {
            if (farewells.remove(this)) {
                task.run();
            }
        }
    }

    @Override
    public void abandon() {
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
            Thread.interrupted(); // was meant for what ran
            farewells.forEach(Farewell::run);
        }
    }
}
