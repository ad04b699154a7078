package dev.pando.runtime.cli;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.Pando;
import dev.pando.runtime.cli.view.Interruption;
import dev.pando.runtime.cli.view.Outcome;
import dev.pando.runtime.cli.view.Progress;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.cli.view.Words;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Preparation;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.Settings;
import dev.pando.training.data.Statistics;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Trains a job in this process, from its config to its report.
@Command(
        name = "train",
        description =
                "Trains a job, shows its progress, and leaves weights, loss curve and report in the run's folder.",
        footer = {
            "",
            "Ctrl-C ends the run after the step in flight, with a checkpoint;",
            "`pando train RUN --resume` continues it, to the same bits that an",
            "undisturbed run would have had.",
            "",
            "  pando train examples/quickstart.conf",
            "  pando train examples/quickstart.conf --data ~/notes --out runs/notes",
            "  pando train runs/notes --resume --workers 5"
        })
public final class TrainCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private JobOptions options;

    @Option(names = "--resume", description = "Continues the run in the folder from its newest valid checkpoint.")
    private boolean resume;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            description = "Trains on N processes on this machine, which share the workers; one that dies is replaced.")
    private int nodes;

    @Override
    public Integer call() {
        Settings settings = options.settings();
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        Progress progress = new Progress(terminal, settings, Stopwatch.system());
        Submission submission =
                Submission.of(settings)
                        .resuming(resume)
                        .preparing(loggingOnce(progress, settings))
                        .listening(progress::happened)
                        .over(nodes);
        progress.say(headline(terminal, settings));
        Outcome outcome = new Outcome(terminal, spec.commandLine().getErr(), progress);
        try (Pando pando = Pando.start(submission);
                Interruption interruption = Interruption.of(pando.job(), progress, outcome::tell)) {
            pando.address()
                    .ifPresent(node ->
                            progress.say(
                                    "more nodes: pando node --join "
                                            + node
                                            + "; status: pando status "
                                            + settings.name()
                                            + " --to "
                                            + node));
            JobResult result = pando.job().done().toCompletableFuture().join();
            if (interruption.over()) {
                pando.job().memory().ifPresent(use -> progress.say("memory: " + use.sentence()));
                outcome.tell(result);
            }
            return result instanceof JobResult.Failed ? 1 : 0;
        } catch (CompletionException failed) {
            progress.erase();
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    /// Starts the log once the text is ready: from then on the run's folder stays.
    private static Preparation loggingOnce(Progress progress, Settings settings) {
        return new Preparation() {
            @Override
            public void advanced(Phase phase, long documents, long bytes, long totalBytes) {
                progress.advanced(phase, documents, bytes, totalBytes);
            }

            @Override
            public void waiting(String sentence) {
                progress.waiting(sentence);
            }

            @Override
            public void prepared(Statistics text) {
                Logs.toFile(RunFolder.log(settings.out()));
                progress.prepared(text);
            }
        };
    }

    private static String headline(Terminal terminal, Settings settings) {
        return terminal.bold(settings.name())
                + ": "
                + settings.steps()
                + " steps of "
                + Words.count(settings.batch().positions())
                + " tokens, "
                + Words.counted(settings.workers(), "worker")
                + " with "
                + Words.counted(settings.threads(), "thread")
                + " in all, in "
                + settings.out();
    }
}
