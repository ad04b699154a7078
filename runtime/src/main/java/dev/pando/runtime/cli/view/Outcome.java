package dev.pando.runtime.cli.view;

import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.job.JobResult;
import java.io.PrintWriter;
import java.util.List;

/// Says how a run ended and what to do next: the last lines that a person sees.
public final class Outcome {
    private final Terminal terminal;
    private final PrintWriter err;
    private final Progress progress;

    public Outcome(Terminal terminal, PrintWriter err, Progress progress) {
        this.terminal = terminal;
        this.err = err;
        this.progress = progress;
    }

    public void tell(JobResult result) {
        progress.erase();
        PrintWriter out = terminal.out();
        String again = "to continue: pando train " + Words.pasted(result.folder()) + " --resume";
        String report = "report " + RunFolder.report(result.folder());
        switch (result) {
            case JobResult.Finished finished -> {
                out.println(terminal.bold("finished: ") + progress.summary());
                samples(SampleLine.read(finished.folder()));
                out.println(report);
                out.println("hash " + finished.hash());
            }
            case JobResult.Stopped stopped when stopped.step() == 0 ->
                    out.println(terminal.bold("stopped") + " before the first step; nothing is left behind");
            case JobResult.Stopped stopped -> {
                out.println(terminal.bold("stopped: ") + progress.summary());
                out.println(report);
                out.println(again);
            }
            case JobResult.Failed failed -> {
                out.println(report + ", log " + RunFolder.log(failed.folder()));
                out.println(again);
                err.println("the run failed after " + Words.counted(failed.step(), "step") + ": " + failed.diagnosis());
                err.flush();
            }
        }
        out.flush();
    }

    private void samples(List<SampleLine> samples) {
        PrintWriter out = terminal.out();
        for (SampleLine sample : samples) {
            out.println();
            out.println(terminal.bold(sample.prompt()) + sample.text().stripTrailing());
        }
        out.println();
    }
}
