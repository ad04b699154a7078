package dev.pando.chaos.cli;

import dev.pando.runtime.job.Subcommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `pando chaos`: everything that goes wrong on purpose.
@Command(
        name = "chaos",
        description = "Injects faults and checks that they change no bit.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            VerifyCommand.class,
            CrashCommand.class,
            JudgeCommand.class,
            FaultsCommand.class,
            SimulateCommand.class,
            RunCommand.class,
            FaultyNodeCommand.class
        })
public final class ChaosCommand implements Subcommand {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }
}
