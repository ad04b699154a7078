package dev.pando.chaos.cli;

import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.verify.Verdict;
import dev.pando.chaos.verify.Verification;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Shows that faults and the number of workers change no bit of what a job computes, or that they do.
@Command(
        name = "verify",
        description =
                "Runs a job undisturbed and disturbed, with several numbers of workers, and compares weights,"
                        + " moments and loss history to the bit.",
        footer = {
            "",
            "Exit code 1 if a bit differs, a history breaks a rule, or a fault never struck; 2 if one never could.",
            "",
            "  pando chaos verify examples/quickstart.conf --steps 20 \\",
            "      --faults \"kill worker-2 at step 7, hang worker-0 at step 12\"",
            "  pando chaos verify examples/quickstart.conf --steps 100 --faults acme"
        })
final class VerifyCommand implements Callable<Integer> {
    private static final List<Integer> USUAL = List.of(1, 2, 3, 5);

    @Spec private CommandSpec spec;

    @Mixin private ChaosOptions options;

    @Mixin private FaultOptions faults;

    @Option(
            names = "--workers",
            paramLabel = "N",
            split = ",",
            description = "Numbers of workers, one disturbed run each; 1,2,3,5 if not given.")
    private List<Integer> workers;

    @Override
    public Integer call() {
        JobConfig job = options.job();
        Settings settings = job.settings();
        List<Integer> counts =
                workers != null ? workers : USUAL.stream().filter(count -> count <= settings.batch().shards()).toList();
        int most = counts.stream().flatMapToInt(IntStream::of).max().orElse(1);
        FaultScript script = faults.script(options.seed(), most, settings.steps());
        counts.forEach(
                count -> job.with("--workers " + count, "workers", count).settings()); // refused before anything runs
        Verification.pointless(script, counts, settings.steps()).stream()
                .findFirst()
                .ifPresent(sentence -> {
                    throw new ParameterException(spec.commandLine(), sentence);
                });
        Path folder = options.freshFolder("verify");
        PrintWriter out = spec.commandLine().getOut();
        out.println(settings.name() + ": " + settings.steps() + " steps, seed " + options.seed() + ", in " + folder);
        out.println("faults: " + script);
        out.println();
        out.println(Table.head());
        Verification verification =
                new Verification(
                        job, script, counts, settings.steps(), options.seed(), folder, UnaryOperator.identity());
        try {
            return tell(verification.run(run -> out.println(Table.line(run))), folder, out);
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    private int tell(Verdict verdict, Path folder, PrintWriter out) {
        out.println();
        if (verdict.holds()) {
            options.tidy(folder);
            out.println("same bits in every run");
            out.println("hash " + verdict.undisturbed().hash());
            return 0;
        }
        PrintWriter err = spec.commandLine().getErr();
        verdict.objections().forEach(err::println);
        err.println("all of the runs is in " + folder);
        err.flush();
        return 1;
    }
}
