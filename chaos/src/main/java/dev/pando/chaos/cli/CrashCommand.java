package dev.pando.chaos.cli;

import dev.pando.chaos.crash.Crashes;
import dev.pando.chaos.crash.Crashes.Killed;
import dev.pando.chaos.crash.Crashes.Survived;
import dev.pando.chaos.judge.Judge;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Shows that a job comes through the death of its whole process with the same bits, or that it does not.
@Command(
        name = "crash",
        description =
                "Trains a job in processes that are killed (SIGKILL) at random moments and resumed, and compares the"
                        + " end with that of an undisturbed run to the bit.",
        footer = {
            "",
            "Exit code 1 if a bit differs or a history breaks a rule.",
            "",
            "  pando chaos crash examples/quickstart.conf --steps 40 --times 20 \\",
            "      --set checkpoint.every-steps=5"
        })
final class CrashCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private ChaosOptions options;

    @Option(
            names = "--times",
            paramLabel = "N",
            defaultValue = "20",
            description = "Number of kills; ${DEFAULT-VALUE} if not given.")
    private int times;

    @Override
    public Integer call() {
        if (times < 1) {
            throw new ParameterException(spec.commandLine(), "--times must be at least 1, not " + times);
        }
        options.job().settings(); // refused before anything runs
        Path folder = options.freshFolder("crash");
        PrintWriter out = spec.commandLine().getOut();
        out.println("killing " + times + " processes, seed " + options.seed() + ", in " + folder);
        List<Survived> runs =
                new Crashes(options.arguments(), times, options.seed(), folder)
                        .run(killed -> out.println(line(killed)), survived -> out.println(line(survived)));
        return tell(runs, folder, out);
    }

    private static String line(Killed killed) {
        return String.format(
                Locale.ROOT,
                "  kill %d: %.1f s after its start, %d steps committed",
                killed.number(),
                killed.after().toMillis() / 1e3,
                killed.step());
    }

    private static String line(Survived run) {
        return String.format(
                Locale.ROOT,
                "%s: %d kills, %.1f s, hash %s",
                run.number() == 0 ? "undisturbed" : "run " + run.number(),
                run.kills(),
                run.took().toMillis() / 1e3,
                run.hash());
    }

    private int tell(List<Survived> runs, Path folder, PrintWriter out) {
        String expected = runs.getFirst().hash();
        PrintWriter err = spec.commandLine().getErr();
        boolean holds = true;
        for (Survived run : runs) {
            if (!run.hash().equals(expected)) {
                err.println("run " + run.number() + " ended with other bits");
                holds = false;
            }
            if (!run.violations().isEmpty()) {
                err.println("run " + run.number() + ", " + Judge.describe(run.violations()));
                holds = false;
            }
        }
        if (!holds) {
            err.println("all of the runs is in " + folder);
            err.flush();
            return 1;
        }
        options.tidy(folder);
        int kills = runs.stream().mapToInt(Survived::kills).sum();
        out.println("same bits after " + kills + " kills");
        out.println("hash " + expected);
        return 0;
    }
}
