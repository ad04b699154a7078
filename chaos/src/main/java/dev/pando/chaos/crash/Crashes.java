package dev.pando.chaos.crash;

import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.chaos.judge.Violation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Kills whole processes of a run with SIGKILL at random moments, resumes it until it finishes, and compares the end
/// with that of a run without kills.
///
/// The moments are uniform over the time that the undisturbed run took, from the start of each process. A run that
/// finishes before its moment has come is compared, and another one begins, until enough processes were killed.
///
/// @param arguments of `pando train`, folder and `--resume` left out
/// @param times processes to kill
/// @param seed decides the moments
/// @param folder where the runs go, one folder each
public record Crashes(List<String> arguments, int times, long seed, Path folder) {
    /// A process that was killed.
    ///
    /// @param run number of the run, from 1
    /// @param number of the kill, from 1
    /// @param after since the process began
    /// @param step number of steps that the run had committed
    public record Killed(int run, int number, Duration after, long step) {}

    /// A run that finished.
    ///
    /// @param number from 1; 0 for the one without kills
    /// @param kills it survived
    /// @param hash at its end
    /// @param violations of its whole history, beside that of the undisturbed run if there is one
    public record Survived(int number, int kills, String hash, List<Violation> violations, Duration took) {}

    /// @return the runs, the undisturbed one first
    /// @throws CrashException if a process ends in any way but finishing or being killed by us
    public List<Survived> run(Consumer<Killed> killed, Consumer<Survived> survived) {
        Survived undisturbed = undisturbed();
        survived.accept(undisturbed);
        History expected = History.read(folder.resolve("undisturbed"));
        List<Survived> runs = new ArrayList<>(List.of(undisturbed));
        int kills = 0;
        for (int run = 1; kills < times; run++) {
            Survived next = disturbed(run, kills, undisturbed.took(), expected, killed);
            kills += next.kills();
            runs.add(next);
            survived.accept(next);
        }
        return runs;
    }

    private Survived undisturbed() {
        Path out = folder.resolve("undisturbed");
        long beganNs = System.nanoTime();
        Child.train(arguments, out, false).finish();
        return survived(0, 0, out, History.of(List.of()), beganNs);
    }

    private Survived disturbed(int run, int killsBefore, Duration took, History expected, Consumer<Killed> killed) {
        Path out = folder.resolve("run-" + run);
        long beganNs = System.nanoTime();
        int kills = 0;
        while (true) {
            Child child = Child.train(arguments, out, Files.exists(out.resolve("job.conf")));
            if (killsBefore + kills == times) {
                child.finish();
                return survived(run, kills, out, expected, beganNs);
            }
            Duration moment = took.multipliedBy(Dice.below(10_000, seed, run, kills)).dividedBy(10_000);
            if (child.finishesWithin(moment)) {
                return survived(run, kills, out, expected, beganNs);
            }
            child.kill();
            kills++;
            killed.accept(new Killed(run, killsBefore + kills, moment, History.read(out).committed()));
        }
    }

    private static Survived survived(int number, int kills, Path out, History expected, long beganNs) {
        Duration took = Duration.ofNanos(System.nanoTime() - beganNs);
        History history = History.read(out);
        List<Violation> violations =
                expected.events().isEmpty() ? Judge.judge(history) : Judge.judge(history, expected);
        return new Survived(
                number,
                kills,
                history.hash().orElseThrow(() -> new CrashException(out + " has no end in its history")),
                violations,
                took);
    }
}
