package dev.pando.chaos.cli;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.chaos.acme.AcmeModel;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.survival.Blow;
import dev.pando.chaos.survival.Survival;
import dev.pando.chaos.survival.SurvivalReport;
import dev.pando.chaos.survival.SurvivalRun;
import dev.pando.chaos.survival.SurvivalRun.Course;
import dev.pando.chaos.survival.SurvivalRun.Storming;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.UserError;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Shows which faults a job on real processes survives, and what they cost.
@Command(
        name = "run",
        description =
                "Trains a job on processes of this machine, undisturbed first, then once more while nodes are killed"
                        + " and frozen and devices fail. Writes a report: what struck, when it was noticed, how the run"
                        + " continued, what it cost, and whether every bit is the same.",
        footer = {
            "",
            "Exit code 1 if a bit differs or a history breaks a rule.",
            "",
            "  pando chaos run examples/quickstart.conf --nodes 4 --for 10m \\",
            "      --faults acme --gpus 2048 --speedup 360",
            "  pando chaos run examples/quickstart.conf --nodes 4 --steps 100 \\",
            "      --faults \"kill node-2 at step 20, hang leader at step 60\""
        })
final class RunCommand implements Callable<Integer> {
    private static final Pattern LENGTH = Pattern.compile("(\\d+)(s|m|h)");
    private static final double PROGRESS_SECONDS = 10;

    @Spec private CommandSpec spec;

    @Mixin private ChaosOptions options;

    @Mixin private FaultOptions faults;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "4",
            description = "Number of node processes; ${DEFAULT-VALUE} if not given.")
    private int nodes;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            defaultValue = "10m",
            description =
                    "Approximate length of a run, as in 90s or 30m: it gets as many steps as fit undisturbed;"
                            + " ${DEFAULT-VALUE} if not given. --steps overrides it.")
    private String length;

    @Option(
            names = "--beside",
            paramLabel = "RUN",
            description = "Folder of an undisturbed run of this job by this command; without it, a new one is made.")
    private Path beside;

    @Override
    public Integer call() {
        if (nodes < 1) {
            throw new UserError("--nodes must be at least 1, not " + nodes);
        }
        faults.check();
        long steps = options.steps().orElse(0);
        double seconds = seconds(length);
        JobConfig job = options.job();
        job.settings(); // refused before anything runs
        if (faults.acme(1).isEmpty()) {
            SurvivalRun.refusals(faults.written(), nodes).stream()
                    .findFirst()
                    .ifPresent(sentence -> {
                        throw new UserError("faults: " + sentence);
                    });
        }
        Path folder = options.freshFolder("run");
        SurvivalRun run =
                new SurvivalRun(
                        job,
                        nodes,
                        steps,
                        seconds,
                        options.seed(),
                        folder,
                        faults.acme(1).isPresent() ? FaultScript.NONE : faults.written().ofTheData(),
                        Optional.ofNullable(beside));
        PrintWriter out = spec.commandLine().getOut();
        Telling telling = new Telling(out, Stopwatch.system());
        Survival survival = run.run(course -> storm(course, out), telling);
        Path report = SurvivalReport.write(survival, folder);
        tell(survival, out);
        options.tidy(folder);
        out.println("report " + report);
        return survival.isSound() ? 0 : 1;
    }

    private static double seconds(String length) {
        Matcher matcher = LENGTH.matcher(length);
        if (!matcher.matches()) {
            throw new UserError("--for: a time is written as in 90s, 10m or 1h, not " + length);
        }
        return Long.parseLong(matcher.group(1))
                * switch (matcher.group(2)) {
                    case "h" -> 3600.0;
                    case "m" -> 60.0;
                    default -> 1.0;
                };
    }

    /// What goes wrong: at its steps where a script says so, by the clock where a datacenter is imitated.
    private List<Storming> storm(Course course, PrintWriter out) {
        Optional<AcmeModel> acme = faults.acme(1);
        if (acme.isPresent()) {
            long seconds = (long) (course.steps() * course.secondsPerStep());
            FaultScript script = acme.get().onProcesses(options.seed(), course.workers(), nodes, seconds);
            out.printf(
                    Locale.ROOT,
                    "failures as in Acme: one in %.0f s on average, %d in all%n",
                    acme.get().hoursBetweenFailures() * 3600 / acme.get().speedup(),
                    script.faults().size());
            return script.faults().stream().map(fault -> new Storming(fault, AcmeModel.second(fault))).toList();
        }
        return faults.written().bind(options.seed(), course.workers(), course.steps()).faults().stream()
                .filter(fault -> !fault.isOfTheData())
                .map(fault -> new Storming(fault, Double.NaN))
                .toList();
    }

    private static void tell(Survival survival, PrintWriter out) {
        out.println();
        out.printf(
                Locale.ROOT,
                "%d faults struck in %.0f s, one in %.0f s; %s, %d of them twice%n",
                survival.scars().size(),
                survival.seconds(),
                survival.secondsBetween(),
                survival.end(),
                survival.redone());
        out.printf(
                Locale.ROOT,
                "goodput %.1f %%: the same steps took %.0f s undisturbed (by the run's own pace %.1f %%; undisturbed"
                        + " %.1f %%)%n",
                100 * survival.goodput(),
                survival.undisturbedSeconds(),
                100 * survival.goodputByOwnPace(),
                100 * survival.undisturbedByOwnPace());
        out.println(survival.isSound() ? "same bits, and no rule is broken" : "NOT the same run");
        out.println("hash " + survival.hash());
        if (!survival.hash().equals(survival.expected())) {
            out.println("undisturbed " + survival.expected());
        }
        survival.violations().forEach(out::println);
    }

    /// A line now and then, and one for each fault.
    private static final class Telling implements SurvivalRun.Witness {
        private final PrintWriter out;
        private final Stopwatch stopwatch;
        private long beganNs;
        private long toldNs;
        private long steps;

        Telling(PrintWriter out, Stopwatch stopwatch) {
            this.out = out;
            this.stopwatch = stopwatch;
        }

        @Override
        public synchronized void begins(String run, long runSteps) {
            steps = runSteps;
            beganNs = stopwatch.nanos();
            toldNs = beganNs;
            out.println(run + ": " + runSteps + " steps");
            out.flush();
        }

        @Override
        public synchronized void happened(JobEvent event) {
            if (event instanceof JobEvent.StepCommitted step
                    && !step.wasSkipped()
                    && stopwatch.secondsSince(toldNs) > PROGRESS_SECONDS) {
                toldNs = stopwatch.nanos();
                say("step " + (step.step() + 1) + " of " + steps + ", loss " + (float) step.loss());
            } else if (event instanceof JobEvent.WorkerLost lost) {
                say("lost " + lost.worker() + ": " + lost.evidence());
            } else if (event instanceof JobEvent.WorkerFellSilent silent) {
                say(silent.worker() + " fell silent: " + silent.evidence());
            } else if (event instanceof JobEvent.Failed failed) {
                say("the job gave up: " + failed.diagnosis());
            }
        }

        @Override
        public synchronized void dealt(Blow blow) {
            say("fault " + blow.number() + ": " + blow.fault() + (blow.who().isEmpty() ? "" : " struck " + blow.who()));
        }

        private void say(String sentence) {
            out.printf(Locale.ROOT, "%7.1f s  %s%n", stopwatch.secondsSince(beganNs), sentence);
            out.flush();
        }
    }
}
