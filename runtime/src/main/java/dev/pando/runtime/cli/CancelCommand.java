package dev.pando.runtime.cli;

import dev.pando.runtime.GroveClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Stops a job of a grove so that it can be resumed.
@Command(
        name = "cancel",
        description = "Stops a job of a grove after the step in flight, with a checkpoint.",
        footer = {"", "`pando submit JOB --resume` continues from that checkpoint."})
public final class CancelCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "JOB", description = "The job's name.")
    private String job;

    @Mixin private GroveOptions grove;

    @Option(names = "--now", description = "Stops at once, without another checkpoint.")
    private boolean now;

    @Override
    public Integer call() {
        GroveClient.alreadyAt(grove.nodes()).end(job, now);
        spec.commandLine()
                .getOut()
                .println(job + (now ? " ends now" : " ends after the step in flight, with a checkpoint"));
        spec.commandLine().getOut().flush();
        return 0;
    }
}
