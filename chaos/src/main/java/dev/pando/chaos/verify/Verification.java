package dev.pando.chaos.verify;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import dev.pando.chaos.injection.Injection;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.chaos.judge.Violation;
import dev.pando.runtime.Pando;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Runs a job undisturbed, but for what is wrong with its data, and then disturbed, with several numbers of workers,
/// and compares what came of it to the bit.
///
/// @param job as written; steps, workers and folder are those of this verification
/// @param script what goes wrong, in each of the disturbed runs
/// @param workers of the disturbed runs, one run each
/// @param steps of each run
/// @param seed decides what the script leaves open
/// @param folder where the runs go, one folder each
/// @param tools stands between the actors and what they work with, below the faults: the identity, but for tests
public record Verification(
        JobConfig job,
        FaultScript script,
        List<Integer> workers,
        long steps,
        long seed,
        Path folder,
        UnaryOperator<ReplicaFactory> tools) {
    public Verification {
        workers = List.copyOf(workers);
    }

    /// Sentences on the faults that can strike none of the runs, one each: they would show nothing.
    public static List<String> pointless(FaultScript script, List<Integer> workers, long steps) {
        int most = workers.stream().mapToInt(Integer::intValue).max().orElse(0);
        return script.faults().stream().flatMap(fault -> pointless(fault, most, steps).stream()).toList();
    }

    private static Optional<String> pointless(Fault fault, int most, long steps) {
        String quoted = "\"" + fault + "\" would never strike: ";
        long step =
                switch (fault.when()) {
                    case When.AtStep(long at) -> at;
                    case When.OnEvent(_, _, long from) -> from;
                    case When.AtRate(_) -> 0;
                };
        if (step > steps) {
            return Optional.of(quoted + "the runs have " + steps + " steps; name an earlier one, or raise --steps");
        }
        boolean aimsBeyond =
                Stream.of(fault.target(), fault.when() instanceof When.OnEvent(Target who, _, _) ? who : fault.target())
                        .anyMatch(target -> target instanceof Target.Worker(int number, _) && number >= most);
        return aimsBeyond
                ? Optional.of(
                        quoted
                                + "the largest run has "
                                + most
                                + (most == 1 ? " worker, worker-0" : " workers, worker-0 to worker-" + (most - 1))
                                + "; name one of them, or raise --workers")
                : Optional.empty();
    }

    /// @param each hears of every run as it ends
    public Verdict run(Consumer<Run> each) {
        FaultScript bound = script.bind(seed, 1, steps);
        Run undisturbed = run("undisturbed", 1, bound.ofTheData(), History.of(List.of()));
        each.accept(undisturbed);
        List<Run> disturbed = new ArrayList<>();
        for (int count : workers) {
            Run run = run("disturbed-" + count, count, script, undisturbed.history());
            each.accept(run);
            disturbed.add(run);
        }
        return new Verdict(undisturbed, disturbed);
    }

    private Run run(String name, int count, FaultScript faults, History undisturbed) {
        Path out = folder.resolve(name);
        Settings settings =
                job.with("--workers " + count, "workers", count)
                        .with("--steps " + steps, "steps", steps)
                        .with("--out", "out", out.toString())
                        .settings();
        Path checkpoints =
                settings.checkpoint()
                        .folder()
                        .orElseThrow(() ->
                                new UserError(
                                        "faults are tried on checkpoints in a folder: leave out"
                                                + " pando.job.checkpoint.folder"));
        Injection injection = Injection.of(faults, count, steps, seed, checkpoints);
        List<JobEvent> history = new CopyOnWriteArrayList<>();
        Submission submission =
                Submission.of(settings)
                        .listening(history::add)
                        .with(workbench -> injection.apply(tools.apply(workbench)));
        long beganNs = System.nanoTime();
        try (Pando pando = Pando.start(submission)) {
            JobResult result = pando.job().done().toCompletableFuture().join();
            double seconds = (System.nanoTime() - beganNs) / 1e9;
            History all = History.of(history).sharded(settings.optimizerCopies());
            List<Violation> violations =
                    undisturbed.events().isEmpty() ? Judge.judge(all) : Judge.judge(all, undisturbed);
            return new Run(
                    name,
                    count,
                    result,
                    injection.script(),
                    injection.firings(),
                    injection.neverFired(),
                    all,
                    violations,
                    seconds);
        }
    }
}
