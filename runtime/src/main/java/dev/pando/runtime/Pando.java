package dev.pando.runtime;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The way into Pando from another JVM program: starts what a config says, and lets go of everything when closed.
///
/// ```java
/// try (Pando pando = Pando.start(Path.of("examples/quickstart.conf"))) {
///     JobResult result = pando.job().done().toCompletableFuture().join();
/// }
/// ```
///
/// A program with an ActorSystem of its own names [Training] among its extensions instead.
public final class Pando implements AutoCloseable {
    private static final long STOP_SECONDS = 120; // for the step in flight and its checkpoint

    private final ActorSystem<Void> system;
    private final Job job;

    private Pando(ActorSystem<Void> system, Job job) {
        this.system = system;
        this.job = job;
    }

    /// Trains what `pando.job` in a config says; anything in it that is not there has its default.
    ///
    /// @throws UserError if the config or the run's folder is not as it must be
    public static Pando start(Config config) {
        return start(Submission.of(config));
    }

    /// Trains what a file says.
    public static Pando start(Path file) {
        return start(Submission.of(file));
    }

    /// Trains a job under circumstances that the config does not know of.
    public static Pando start(Submission submission) {
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "pando", config(submission));
        try {
            return new Pando(system, JobRun.start(submission, system, Clock.systemUTC()));
        } catch (RuntimeException refused) {
            system.terminate();
            throw refused;
        }
    }

    /// The job that was started.
    public Job job() {
        return job;
    }

    /// Stops the job, with a checkpoint, if it still runs; then its actors. Waits for both.
    @Override
    public void close() {
        try {
            job.stop().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException told) {
            // whoever waits for done() hears of it
        } catch (TimeoutException late) {
            throw new IllegalStateException(
                    "job "
                            + job.name()
                            + " did not stop within "
                            + STOP_SECONDS
                            + " s: its last step or checkpoint hangs",
                    late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            system.terminate();
        }
    }

    private static Config config(Submission submission) {
        return submission.settings().system().withFallback(ConfigFactory.defaultReference()).resolve();
    }
}
