package dev.pando.runtime.cli;

import dev.pando.runtime.Job;
import dev.pando.runtime.JobResult;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Makes Ctrl-C and SIGTERM end a run in order: the step in flight, a checkpoint, and a word on how to go on.
///
/// The JVM answers either signal with its shutdown hooks and then with 128 plus the signal's number; so this is a hook,
/// and the exit code is right by itself.
final class Interruption implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Thread hook;

    private Interruption(Thread hook) {
        this.hook = hook;
    }

    /// @param again the command that goes on with the run
    static Interruption of(Job job, Progress progress, String again) {
        Thread hook = new Thread(() -> stop(job, progress, again), "pando-interruption");
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interruption(hook);
    }

    /// The run has ended by itself.
    void over() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException interrupted) {
            waitForEnd(); // the hook is at work, and says what there is to say
        }
    }

    @Override
    public void close() {
        over();
    }

    private static void stop(Job job, Progress progress, String again) {
        progress.say("stopping after the step in flight, with a checkpoint …");
        try {
            JobResult result = job.stop().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            progress.erase();
            progress.say(result instanceof JobResult.Stopped
                    ? "stopped: " + progress.summary() + "; go on with: " + again
                    : "the run ended: " + result);
        } catch (TimeoutException late) {
            progress.say("the run did not stop within " + PATIENCE_SECONDS + " s; its last checkpoint holds, go on with: " + again);
        } catch (ExecutionException failed) {
            progress.say("the run failed while it stopped: " + failed.getCause().getMessage());
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }

    private void waitForEnd() {
        try {
            hook.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS + 5));
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
