package dev.pando.runtime.cli.view;

import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// Makes Ctrl-C and SIGTERM end a run in order: the step in flight, a checkpoint, and a word on how to go on.
///
/// The JVM answers either signal with its shutdown hooks and then with 128 plus the signal's number; so this is a hook,
/// and the exit code is right by itself. Whatever is said after the signal is said by the hook: the JVM waits for no
/// other thread.
public final class Interruption implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    private final Thread hook;

    private Interruption(Thread hook) {
        this.hook = hook;
    }

    /// @param said tells the person in front what was the outcome
    public static Interruption of(Job job, Progress progress, Consumer<JobResult> said) {
        Thread hook = new Thread(() -> stop(job, progress, said), "pando-interruption");
        Runtime.getRuntime().addShutdownHook(hook);
        return new Interruption(hook);
    }

    /// The run has ended: nothing is left to interrupt.
    ///
    /// @return false if it was interrupted before, and the hook says what there is to say
    public boolean over() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            return true;
        } catch (IllegalStateException interrupted) {
            return false;
        }
    }

    @Override
    public void close() {
        over();
    }

    private static void stop(Job job, Progress progress, Consumer<JobResult> said) {
        progress.say("stopping after the step in flight, with a checkpoint …");
        try {
            said.accept(job.stop().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (TimeoutException late) {
            progress.say(
                    "the run did not stop within "
                            + PATIENCE_SECONDS
                            + " s; it can continue from its newest checkpoint");
        } catch (ExecutionException failed) {
            progress.say("the run failed while it stopped: " + failed.getCause().getMessage());
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
