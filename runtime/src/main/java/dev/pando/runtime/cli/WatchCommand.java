package dev.pando.runtime.cli;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.cli.view.Progress;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.cli.view.Words;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Follows a job of a grove until it ends, or until Ctrl-C.
@Command(
        name = "watch",
        description = "Follows a job of a grove; Ctrl-C ends the watch, not the job.",
        footer = {"", "  pando watch quickstart --to 127.0.0.1:7355"})
public final class WatchCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "JOB", description = "The job's name.")
    private String job;

    @Mixin private GroveOptions grove;

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        GroveClient there = GroveClient.alreadyAt(grove.nodes());
        JobStatus status = there.status(job);
        Progress progress = new Progress(terminal, status.steps(), Stopwatch.system());
        progress.say(
                terminal.bold(job)
                        + ": "
                        + status.phase().name().toLowerCase(Locale.ROOT)
                        + ", step "
                        + status.step()
                        + " of "
                        + status.steps()
                        + ", "
                        + Words.counted(status.workers().size(), "worker"));
        JobEvent end = there.watch(job, progress::happened);
        progress.erase();
        switch (end) {
            case JobEvent.Finished finished -> {
                progress.say(terminal.bold("finished: ") + progress.watched(finished.step()));
                progress.say("hash " + finished.hash());
            }
            case JobEvent.Failed failed -> progress.say("failed: " + failed.diagnosis());
            case JobEvent.Stopped stopped ->
                    progress.say(terminal.bold("stopped: ") + progress.watched(stopped.step()));
            default -> throw new IllegalStateException("the watch of " + job + " ended with " + end);
        }
        return end instanceof JobEvent.Failed ? 1 : 0;
    }
}
