package dev.pando.checkpoint.memory;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Reads what another thread reads at the same time, to find out whether it is as it was.
final class CheckBeside implements Replicas.Verification {
    private final FutureTask<Void> running;

    /// Begins at once.
    ///
    /// @param check throws if something has changed
    CheckBeside(Runnable check) {
        running = new FutureTask<>(check, null);
        Thread.ofPlatform().name("pando-replica-check").daemon().start(running);
    }

    @Override
    public void await() {
        boolean interrupted = false;
        while (!running.isDone()) { // it ends by itself, after one look at a state
            try {
                running.get();
            } catch (InterruptedException _) {
                interrupted = true;
            } catch (ExecutionException known) {
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (running.state() == FutureTask.State.FAILED) {
            throw running.exceptionNow() instanceof RuntimeException failed
                    ? failed
                    : new IllegalStateException("checking a state in memory failed", running.exceptionNow());
        }
    }
}
