package dev.pando.runtime.cli;

import dev.pando.actors.Stopwatch;
import dev.pando.runtime.JobResult;
import dev.pando.runtime.Pando;
import dev.pando.runtime.Submission;
import dev.pando.runtime.UserError;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.settings.Settings;
import java.nio.file.Path;
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
        description = "Trains a job, shows how it goes, and leaves weights, curve and report in the run's folder.",
        footer = {
            "",
            "Ctrl-C ends the run after the step in flight, with a checkpoint. `pando train RUN --resume` goes on with it,",
            "to the very bits that an undisturbed run would have had.",
            "",
            "  pando train examples/quickstart.conf",
            "  pando train examples/quickstart.conf --data ~/notes --out runs/notes --steps 500",
            "  pando train runs/notes --resume --workers 5"
        })
public final class TrainCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private JobOptions options;

    @Option(names = "--resume", description = "Goes on with the run that is in the folder, from its newest valid checkpoint.")
    private boolean resume;

    @Override
    public Integer call() {
        Settings settings = options.settings();
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        Progress progress = new Progress(terminal, settings, Stopwatch.system());
        Submission submission = Submission.of(settings)
                .resuming(resume)
                .preparing((phase, documents, bytes, total) -> progress.preparing(phase.words(), bytes, total))
                .listening(progress::happened);
        progress.say(headline(terminal, settings));
        try (Pando pando = Pando.start(submission);
                Interruption interruption = Interruption.of(pando.job(), progress, again(settings))) {
            Logs.toFile(RunFolder.log(settings.out()));
            JobResult result = pando.job().done().toCompletableFuture().join();
            progress.erase();
            interruption.over();
            return tell(result, terminal, progress, settings);
        } catch (CompletionException failed) {
            progress.erase();
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    private int tell(JobResult result, Terminal terminal, Progress progress, Settings settings) {
        var out = terminal.out();
        switch (result) {
            case JobResult.Finished finished -> {
                out.println(terminal.bold("finished: ") + progress.summary());
                for (SampleLine sample : SampleLine.read(finished.folder())) {
                    out.println();
                    out.println(terminal.bold(sample.prompt()) + sample.text());
                }
                out.println();
                out.println("report " + report(finished.folder()));
                out.println("hash " + finished.hash());
                out.flush();
                return 0;
            }
            case JobResult.Stopped stopped -> {
                out.println(terminal.bold("stopped: ") + progress.summary());
                out.println("go on with: " + again(settings));
                out.flush();
                return 0;
            }
            case JobResult.Failed failed ->
                throw new UserError("the run failed at step " + failed.step() + ": " + failed.diagnosis() + "; see "
                        + report(failed.folder()) + " and " + RunFolder.log(failed.folder()));
        }
    }

    private static String headline(Terminal terminal, Settings settings) {
        return terminal.bold(settings.name()) + ": " + settings.steps() + " steps of "
                + Words.count(settings.batch().positions()) + " tokens, " + Words.counted(settings.workers(), "worker") + " with "
                + Words.counted(settings.threads(), "thread") + " in all, in " + settings.out();
    }

    private static String again(Settings settings) {
        return "pando train " + settings.out() + " --resume";
    }

    private static Path report(Path folder) {
        return RunFolder.report(folder);
    }
}
