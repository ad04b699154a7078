package dev.pando.actors.job;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;

/// The one thread that may touch a device: a CUDA context belongs to a thread, and so does the order of work.
///
/// Work runs in the order of submission. A thread that hangs cannot be killed: it is abandoned, and its later results
/// are dropped.
public interface DeviceThread {
    /// Runs the task after all that was submitted before. The result fails with whatever the task throws, errors
    /// included.
    <T> CompletionStage<T> submit(Callable<T> task);

    /// Runs the task once, after all that was submitted before, or when the abandoned thread ends: frees what running
    /// work may still touch.
    void submitLast(Runnable task);

    /// Forgets what waits, interrupts what runs, and ends the thread as soon as it can be had.
    void abandon();

    /// Where a node gets its threads from.
    @FunctionalInterface
    interface Factory {
        /// @param name of the thread, for people: `device-worker-2#1`, `checkpoint-writer`
        DeviceThread start(String name);

        /// Each is a platform thread.
        static Factory platform() {
            return PlatformDeviceThread::new;
        }
    }
}
