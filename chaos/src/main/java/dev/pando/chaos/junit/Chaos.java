package dev.pando.chaos.junit;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.injection.Firing;
import dev.pando.chaos.injection.Injection;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.chaos.judge.Violation;
import dev.pando.runtime.job.Submission;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/// Puts faults into the training of a service's own test, and says afterwards whether the run survived them.
///
/// ```java
/// Chaos chaos = Chaos.of("kill worker-1 at step 3", 1);
/// try (Pando pando = Pando.start(chaos.upon(Submission.of(job)))) {
///     pando.job().done().toCompletableFuture().join();
/// }
/// chaos.requireSurvived();
/// ```
///
/// For one run, whose workers are all in this process. With JUnit, [Faults] on a test does the first and the last line.
public final class Chaos {
    private final FaultScript script;
    private final long seed;
    private final List<JobEvent> heard = new CopyOnWriteArrayList<>();
    private Injection injection;
    private int copies; // of each optimizer moment, where the job shards them

    private Chaos(FaultScript script, long seed) {
        this.script = script;
        this.seed = seed;
    }

    /// @param script as on the command line: `kill worker-1 at step 3, slow worker-0 x4 for 5 steps at step 6`
    /// @param seed decides what the script leaves open: `any`, and what strikes at a rate
    /// @throws dev.pando.chaos.faults.FaultSyntaxException if the script is wrong
    public static Chaos of(String script, long seed) {
        return new Chaos(FaultScript.parse(script), seed);
    }

    /// The same submission, to which the faults will happen.
    ///
    /// @throws IllegalArgumentException if they cannot happen to it, with the reason
    public Submission upon(Submission submission) {
        if (injection != null) {
            throw new IllegalStateException("these faults have a run already: another run needs another Chaos");
        }
        if (submission.nodes() > 0) {
            throw new IllegalArgumentException(
                    "these faults strike workers of this process, and the job is to train over "
                            + submission.nodes()
                            + " others: leave out over(...), or use `pando chaos run`");
        }
        Path checkpoints =
                submission
                        .settings()
                        .checkpoint()
                        .folder()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "faults are tried on checkpoints in a folder: leave out"
                                                + " pando.job.checkpoint.folder"));
        injection =
                Injection.of(script, submission.settings().workers(), submission.settings().steps(), seed, checkpoints);
        copies = submission.settings().optimizerCopies();
        return submission.listening(heard::add).with(injection);
    }

    /// All that has happened to the job so far.
    public History history() {
        return History.of(heard).sharded(copies);
    }

    /// What has struck so far, in order.
    public List<Firing> firings() {
        return injection == null ? List.of() : injection.firings();
    }

    /// Asks for a run that every fault has struck, and whose history a correct runtime can have.
    ///
    /// @throws AssertionError with a line for each fault that did not strike, and for each rule that is broken
    public void requireSurvived() {
        require(Judge.judge(history()));
    }

    /// Asks, beyond that, for the numbers of a run of the same job to which nothing happened: each step's, and the
    /// hash.
    public void requireSurvivedLike(History undisturbed) {
        require(Judge.judge(history(), undisturbed));
    }

    private void require(List<Violation> violations) {
        if (injection == null) {
            throw new AssertionError(
                    "no run was struck by \"" + script + "\": start the job with chaos.upon(submission)");
        }
        List<String> wrong =
                Stream.concat(
                                injection.neverFired().stream().map(fault -> "\"" + fault + "\" never struck"),
                                violations.stream().map(Violation::toString))
                        .toList();
        if (!wrong.isEmpty()) {
            throw new AssertionError(String.join("\n", wrong));
        }
    }
}
