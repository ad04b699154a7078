package dev.pando.runtime.node;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.runtime.build.Devices;
import dev.pando.runtime.build.ProductionWorkbench;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.job.EventStream;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.MemoryUse;
import dev.pando.runtime.job.Preparation;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.model.Samples;
import dev.pando.runtime.report.Report;
import dev.pando.runtime.settings.Settings;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes a job from its submission to its result, on one separate thread: data, folder, actors, samples, report.
///
/// What the actors tell is written down and told on here, in the order in which it was heard.
public final class JobRun implements Job {
    private static final Logger LOG = LoggerFactory.getLogger(JobRun.class);

    private static final double LAST_WRITES_SECONDS = 10; // where the disk refuses

    private final Submission submission;
    private final Settings settings;
    private final ActorSystem<?> system;
    private final ProductionWorkbench workbench;
    private final RunFolder folder;
    private final Clock clock;
    private final BlockingQueue<JobEvent> heard = new LinkedBlockingQueue<>();
    private final EventStream events = new EventStream();
    private final CompletableFuture<JobResult> done = new CompletableFuture<>();
    private final AtomicReference<ActorRef<JobGuardian.Command>> host = new AtomicReference<>();
    private volatile boolean leaving;
    private long committed;

    /// The job is to end before it has begun.
    private static final class Leaving extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private JobRun(Submission submission, ActorSystem<?> system, RunFolder folder, Clock clock) {
        this.submission = submission;
        this.settings = submission.settings();
        this.system = system;
        this.folder = folder;
        this.clock = clock;
        this.workbench = new ProductionWorkbench(submission.settings());
    }

    /// Takes the run's folder, and starts.
    public static JobRun start(Submission submission, ActorSystem<?> system, Clock clock) {
        RunFolder folder = RunFolder.claim(submission.settings(), submission.resume());
        JobRun run = new JobRun(submission, system, folder, clock);
        Thread.ofPlatform().name("pando-job-" + run.name()).daemon(true).start(run::run);
        return run;
    }

    @Override
    public String name() {
        return settings.name();
    }

    @Override
    public Path folder() {
        return folder.path();
    }

    @Override
    public Flow.Publisher<JobEvent> events() {
        return events;
    }

    @Override
    public CompletionStage<JobResult> done() {
        return done.minimalCompletionStage();
    }

    @Override
    public Optional<MemoryUse> memory() {
        return workbench.memory();
    }

    @Override
    public CompletionStage<JobResult> stop() {
        leaving = true;
        tellHost(new JobGuardian.Leave());
        return done();
    }

    /// Ends the job for a reason that its actors cannot know of.
    void fail(String sentence) {
        heard.add(new JobEvent.Failed(-1, sentence));
    }

    private void run() {
        JobResult result = null;
        Throwable failure = null;
        try {
            result = work();
        } catch (RuntimeException | Error thrown) {
            LOG.error("job {} could not be run", name(), thrown);
            failure = thrown;
        }
        try {
            tellHost(new JobGuardian.Close());
            workbench.close();
            folder.close();
        } catch (RuntimeException thrown) {
            failure = failure == null ? thrown : failure;
        }
        events.close();
        if (failure != null) {
            done.completeExceptionally(failure);
        } else {
            done.complete(result);
        }
    }

    /// Data takes its time: the one point of it where a stop can be heeded.
    private Preparation heeding() {
        return new Preparation() {
            @Override
            public void advanced(Phase phase, long documents, long bytes, long totalBytes) {
                if (leaving) {
                    throw new Leaving();
                }
                submission.preparation().advanced(phase, documents, bytes, totalBytes);
            }

            @Override
            public void waiting(String sentence) {
                submission.preparation().waiting(sentence);
            }
        };
    }

    private void tellHost(JobGuardian.Command command) {
        ActorRef<JobGuardian.Command> actor = host.get();
        if (actor != null) {
            actor.tell(command);
        }
    }

    private JobResult work() {
        try {
            workbench.prepare(submission.resume(), heeding());
            submission.preparation().prepared(workbench.data().statistics());
        } catch (Leaving early) {
            return new JobResult.Stopped(folder.path(), 0);
        }
        folder.begin(settings);
        workbench.data().tokenizer().save(folder.path());
        JobSpec job = JobAdmission.spec(settings, workbench.data().digest(), Devices.kind(settings));
        List<String> devices = submission.nodes() == 0 ? JobGuardian.devices(settings.workers()) : List.of();
        ReplicaFactory tools = submission.tools().apply(workbench);
        host.set(
                system.systemActorOf(
                        JobGuardian.create(job, devices, tools, heard::add),
                        "pando-" + settings.name(),
                        Props.empty()));
        if (leaving) {
            tellHost(new JobGuardian.Leave()); // asked for before the guardian existed
        }
        while (true) {
            JobEvent event = next();
            switch (event) {
                case JobEvent.Finished finished -> {
                    folder.record(Samples.of(folder.path(), settings));
                    tell(event);
                    return new JobResult.Finished(folder.path(), finished.step(), finished.hash());
                }
                case JobEvent.Stopped stopped -> {
                    tell(event);
                    return new JobResult.Stopped(folder.path(), stopped.step());
                }
                case JobEvent.Failed failed -> {
                    tell(event);
                    return new JobResult.Failed(folder.path(), Math.max(failed.step(), committed), failed.diagnosis());
                }
                case JobEvent.StepCommitted step -> {
                    committed = step.step() + 1;
                    tell(event);
                }
                default -> tell(event);
            }
        }
    }

    private JobEvent next() {
        try {
            return heard.take();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("the thread of job " + name() + " was interrupted", interrupted);
        }
    }

    private void tell(JobEvent event) {
        folder.record(event, clock.instant());
        if (!(event instanceof JobEvent.StepCommitted)) {
            LOG.info("{}: {}", name(), event);
        }
        boolean last =
                event instanceof JobEvent.Finished
                        || event instanceof JobEvent.Stopped
                        || event instanceof JobEvent.Failed;
        if (last) {
            folder.afterwards(() -> Report.write(folder.path()));
            folder.finish(LAST_WRITES_SECONDS);
        }
        try {
            submission.listener().accept(event);
        } catch (RuntimeException theirs) {
            LOG.warn("a listener of job {} failed at {}", name(), event, theirs);
        }
        events.publish(event);
    }
}
