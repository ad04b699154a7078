package dev.pando.runtime.cli;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.cli.view.Progress;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.Settings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Gives a job to a grove, which trains it from then on whatever becomes of this process.
@Command(
        name = "submit",
        description = "Submits a job to a grove, which trains it even if nodes die.",
        footer = {
            "",
            "The job's paths are paths on the grove's hosts; relative ones start at this folder.",
            "All nodes must see the text, the run's folder and the checkpoints there.",
            "",
            "  pando submit examples/quickstart.conf --to 127.0.0.1:7355",
            "  pando watch quickstart --to 127.0.0.1:7355"
        })
public final class SubmitCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private JobOptions options;

    @Mixin private GroveOptions grove;

    @Option(names = "--resume", description = "Continues the run in the folder from its newest valid checkpoint.")
    private boolean resume;

    @Override
    public Integer call() {
        Settings settings = options.anywhere();
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        Progress progress = new Progress(terminal, settings, Stopwatch.system());
        GroveClient.alreadyAt(grove.nodes()).submit(Submission.of(settings).resuming(resume).preparing(progress));
        String there = " --to " + String.join(",", grove.nodes());
        progress.say(
                terminal.bold(settings.name())
                        + " is submitted: pando watch "
                        + settings.name()
                        + there
                        + "; pando cancel "
                        + settings.name()
                        + there);
        return 0;
    }
}
