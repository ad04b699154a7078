package dev.pando.chaos.verify;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.faults.FaultScript;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

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
