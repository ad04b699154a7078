package dev.pando.chaos.survival;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.judge.History;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.Pando;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;

/// Puts a job on real processes to the test: trains it undisturbed, then as many steps while faults strike, and tells
/// what the second run lost.
///
/// @param job as written; steps, workers and folder are those of this test
/// @param nodes processes
/// @param steps of both runs; 0: as many as fit in `seconds`
/// @param seconds that a run should last about; counts where `steps` is 0
/// @param seed decides what is left to chance
/// @param folder where the runs go, one folder each
/// @param data what is wrong with the job's data, in both runs
/// @param beside folder of an undisturbed run of the very same job, in place of a new one
public record SurvivalRun(
        JobConfig job,
        int nodes,
        long steps,
        double seconds,
        long seed,
        Path folder,
        FaultScript data,
        Optional<Path> beside) {
    private static final long PACE_STEPS = 40;
    private static final long LEAST_STEPS = 20;

    /// Hears how it goes.
    public interface Witness {
        /// A run begins.
        void begins(String run, long runSteps);

        void happened(JobEvent event);

        /// Dealt, and once more when it struck.
        void dealt(Blow blow);
    }

    /// What is to happen, now that the length of the run is known.
    ///
    /// @param workers of the job
    public record Course(int workers, long steps, double secondsPerStep) {}

    /// Sentences on the faults that cannot be dealt to real processes.
    public static List<String> refusals(FaultScript script, int nodes) {
        return script.faults().stream().flatMap(fault -> Due.refusal(fault, nodes).stream()).toList();
    }

    /// @param storm what goes wrong
    public Survival run(Function<Course, List<Storming>> storm, Witness witness) {
        long length = beside.map(SurvivalRun::stepsOf).orElse(steps);
        if (length == 0) {
            length = Math.max(LEAST_STEPS, Math.round(seconds / pace(witness)));
        }
        Path undisturbed = beside.orElse(folder.resolve("undisturbed"));
        if (beside.isEmpty()) {
            train("undisturbed", length, List.of(), witness);
        }
        double secondsPerStep = Survival.secondsPerStep(StepLine.read(undisturbed));
        Course course = new Course(settings("disturbed", length).workers(), length, secondsPerStep);
        List<Due> due = storm.apply(course).stream().map(Storming::due).toList();
        Trained disturbed = train("disturbed", length, due, witness);
        return Survival.of(
                settings("disturbed", length).name(),
                nodes,
                course.workers(),
                disturbed.blows(),
                undisturbed,
                folder.resolve("disturbed"),
                History.of(disturbed.heard()));
    }

    /// A fault and when it is due, as the outside has it.
    ///
    /// @param afterSeconds since the first committed step; NaN: the fault says at which step
    public record Storming(Fault fault, double afterSeconds) {
        Due due() {
            return Double.isNaN(afterSeconds) ? Due.atStep(fault) : Due.after(afterSeconds, fault);
        }
    }

    private record Trained(List<Blow> blows, List<JobEvent> heard) {}

    private static long stepsOf(Path run) {
        return History.read(run).committed();
    }

    /// How long a step takes here, once everything is warm.
    private double pace(Witness witness) {
        train("pace", PACE_STEPS, List.of(), witness);
        List<StepLine> lines = StepLine.read(folder.resolve("pace"));
        return Survival.secondsPerStep(lines.subList(lines.size() / 2, lines.size()));
    }

    private Settings settings(String name, long length) {
        Path out = folder.resolve(name);
        JobConfig written =
                job.with("--steps " + length, "steps", length).with("--out", "out", out.toAbsolutePath().toString());
        int workers = Math.max(nodes, written.settings().workers());
        return written.with("--nodes " + nodes, "workers", Math.ceilDiv(workers, nodes) * nodes).settings();
    }

    private Trained train(String name, long length, List<Due> due, Witness witness) {
        Settings settings = settings(name, length);
        Path orders = folder.resolve("orders").toAbsolutePath();
        Path checkpoints =
                settings.checkpoint()
                        .folder()
                        .orElseThrow(() ->
                                new UserError(
                                        "faults are tried on checkpoints in a folder: leave out"
                                                + " pando.job.checkpoint.folder"));
        try {
            Files.createDirectories(orders);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot write in " + orders, failed);
        }
        witness.begins(name, length);
        List<JobEvent> heard = new CopyOnWriteArrayList<>();
        Storm[] storm = new Storm[1];
        Submission submission =
                Submission.of(settings)
                        .over(nodes)
                        .asNodes(
                                List.of(
                                        "chaos",
                                        "node",
                                        "--orders",
                                        orders.resolve(name).toString(),
                                        "--checkpoints",
                                        checkpoints.toString()))
                        .listening(heard::add)
                        .listening(witness::happened)
                        .listening(event -> {
                            if (event instanceof JobEvent.StepCommitted step && storm[0] != null) {
                                storm[0].committed(step.step() + 1);
                            }
                        });
        createFolder(orders.resolve(name));
        List<Fault> bad = data.bind(seed, settings.workers(), length).faults();
        Storm.poison(bad, orders.resolve(name));
        Path nodeFolder = RunFolder.nodes(settings.out());
        createFolder(nodeFolder);
        WithdrawnFolder journal = WithdrawnFolder.prepare(nodeFolder.resolve("journal"));
        try (Pando pando = Pando.start(submission);
                Storm raging = storm(due, bad, journal, orders.resolve(name), pando, settings, witness::dealt)) {
            storm[0] = raging;
            JobResult result = pando.job().done().toCompletableFuture().join();
            if (result instanceof JobResult.Failed failed && due.isEmpty()) {
                throw UserError.failed("the undisturbed run failed: " + failed.diagnosis());
            }
            return new Trained(raging.end(), heard);
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof RuntimeException cause ? cause : failed;
        }
    }

    private static void createFolder(Path path) {
        try {
            Files.createDirectories(path);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot write in " + path, failed);
        }
    }

    private Storm storm(
            List<Due> due,
            List<Fault> bad,
            WithdrawnFolder journal,
            Path orders,
            Pando pando,
            Settings settings,
            Consumer<Blow> listener) {
        return new Storm(
                due,
                bad,
                journal,
                seed,
                orders,
                pando::nodes,
                () -> leader(pando, settings.name()),
                settings.workers() / nodes,
                Stopwatch.system(),
                listener);
    }

    /// Name of the node that leads the job; empty while no node does, or the node is unknown.
    private static Optional<String> leader(Pando pando, String job) {
        try {
            GroveClient grove = GroveClient.at(pando.nodes().stream().map(NodeProcess::address).toList());
            String system = grove.status(job).node();
            return grove.status().nodes().stream()
                    .filter(line -> line.system().equals(system))
                    .map(NodeLine::name)
                    .findFirst();
        } catch (UserError silent) {
            return Optional.empty();
        }
    }
}
