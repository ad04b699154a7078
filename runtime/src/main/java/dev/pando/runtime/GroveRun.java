package dev.pando.runtime;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.job.EventStream;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.MemoryUse;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A job that a grove trains, as its submitter sees it: submits, and watches.
///
/// It is a client and no more: the job goes on without it.
final class GroveRun implements Job {
    private static final Logger LOG = LoggerFactory.getLogger(GroveRun.class);
    private static final double NOBODY_SECONDS = 120;
    private static final double REPORT_SECONDS = 60;
    private static final long LOOK_MS = 20;

    private final Submission submission;
    private final Settings settings;
    private final GroveClient grove;
    private final Stopwatch stopwatch;
    private final EventStream events = new EventStream();
    private final CompletableFuture<Void> submitted = new CompletableFuture<>();
    private final CompletableFuture<JobResult> done = new CompletableFuture<>();
    private final AtomicReference<String> hopeless = new AtomicReference<>();
    private boolean leaving;
    private volatile long committed;

    private GroveRun(Submission submission, Supplier<List<String>> nodes, Stopwatch stopwatch) {
        this.submission = submission;
        this.settings = submission.settings();
        this.stopwatch = stopwatch;
        this.grove =
                new GroveClient(
                        () -> {
                            if (hopeless.get() != null) {
                                throw new UserError(hopeless.get());
                            }
                            return nodes.get();
                        },
                        NOBODY_SECONDS,
                        stopwatch);
    }

    /// @param nodes where nodes of the grove are now, `host:port` each
    static GroveRun start(Submission submission, Supplier<List<String>> nodes, Stopwatch stopwatch) {
        GroveRun run = new GroveRun(submission, nodes, stopwatch);
        Thread.ofPlatform().name("pando-job-" + run.name()).daemon(true).start(run::run);
        return run;
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public Path folder() {
        return settings.out();
    }

    @Override
    public Flow.Publisher<JobEvent> events() {
        return events;
    }

    /// Its workers are the grove's.
    @Override
    public Optional<MemoryUse> memory() {
        return Optional.empty();
    }

    @Override
    public CompletionStage<JobResult> done() {
        return done.minimalCompletionStage();
    }

    @Override
    public synchronized CompletionStage<JobResult> stop() {
        if (!leaving && !done.isDone()) {
            leaving = true;
            Thread.ofVirtual().name("pando-end-" + name()).start(this::askForTheEnd);
        }
        return done();
    }

    /// Ends the watch for a reason that no node can tell.
    void fail(String sentence) {
        hopeless.set(sentence);
    }

    private void run() {
        try {
            grove.submit(submission);
            submitted.complete(null);
            JobEvent end = grove.watch(name(), this::hear);
            awaitReport();
            done.complete(result(end));
        } catch (RuntimeException | Error failure) {
            submitted.completeExceptionally(failure);
            done.completeExceptionally(failure);
        } finally {
            events.close();
        }
    }

    private void hear(JobEvent event) {
        if (event instanceof JobEvent.StepCommitted step) {
            committed = step.step() + 1;
        }
        try {
            submission.listener().accept(event);
        } catch (RuntimeException theirs) {
            LOG.warn("a listener of job {} failed at {}", name(), event, theirs);
        }
        events.publish(event);
    }

    private void askForTheEnd() {
        try {
            submitted.join(); // until then no owner can be asked
            grove.end(name(), false);
        } catch (UserError | CompletionException over) {
            LOG.info("{} ends by itself: {}", name(), over.getMessage());
        }
    }

    /// The node that led the job at its end writes the report, after the samples.
    private void awaitReport() {
        long begin = stopwatch.nanos();
        while (!RunFolder.isReported(folder()) && stopwatch.secondsSince(begin) < REPORT_SECONDS) {
            try {
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private JobResult result(JobEvent end) {
        return switch (end) {
            case JobEvent.Finished finished -> new JobResult.Finished(folder(), finished.step(), finished.hash());
            case JobEvent.Stopped stopped -> new JobResult.Stopped(folder(), stopped.step());
            case JobEvent.Failed failed ->
                    new JobResult.Failed(folder(), Math.max(failed.step(), committed), failed.diagnosis());
            default -> throw new IllegalStateException(end + " is no end");
        };
    }
}
