package dev.pando.runtime;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.node.JobRun;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.processes.NodeProcesses;
import dev.pando.runtime.settings.JvmFlags;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The way into Pando from another JVM program: starts what a config says, and lets go of everything when closed.
///
/// ```java
/// try (Pando pando = Pando.start(Path.of("examples/quickstart.conf"))) {
///     JobResult result = pando.job().done().toCompletableFuture().join();
/// }
/// ```
///
/// A program that brings its ActorSystem names [Training] among its extensions instead.
public final class Pando implements AutoCloseable {
    private static final long STOP_SECONDS = 120; // for the step in flight and its checkpoint

    private final Optional<ActorSystem<Void>> system;
    private final Job job;
    private final Optional<NodeProcesses> nodes;

    private Pando(Optional<ActorSystem<Void>> system, Job job, Optional<NodeProcesses> nodes) {
        this.system = system;
        this.job = job;
        this.nodes = nodes;
    }

    /// Trains what `pando.job` in a config says; anything in it that is not there has its default.
    ///
    /// @throws UserError if the config or the run's folder is not as it must be
    public static Pando start(Config config) {
        return start(Submission.of(config));
    }

    /// Trains what a file says.
    public static Pando start(Path file) {
        return start(Submission.of(file));
    }

    /// Trains a job under circumstances that the config does not know of.
    ///
    /// @throws UserError also if this JVM lacks a flag that computing needs
    public static Pando start(Submission submission) {
        JvmFlags.check();
        return submission.nodes() == 0 ? alone(submission) : overNodes(submission);
    }

    private static Pando alone(Submission submission) {
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "pando", config(submission));
        try {
            return new Pando(
                    Optional.of(system), JobRun.start(submission, system, Clock.systemUTC()), Optional.empty());
        } catch (RuntimeException refused) {
            system.terminate();
            throw refused;
        }
    }

    /// The job is led and worked on by nodes that are processes of their own, and this one may do without.
    private static Pando overNodes(Submission submission) {
        NodeProcesses.checkClassPath();
        Settings settings = submission.settings();
        RunFolder.claim(settings, submission.resume()).close(); // a refusal is better heard before anything starts
        Path folder = RunFolder.nodes(settings.out());
        AtomicReference<NodeProcesses> nodes = new AtomicReference<>();
        GroveRun job =
                GroveRun.start(
                        submission,
                        () ->
                                nodes.get() == null
                                        ? List.of()
                                        : nodes.get().running().stream().map(NodeProcess::address).toList(),
                        Stopwatch.system());
        nodes.set(
                NodeProcesses.start(
                        shares(settings.workers(), submission.nodes()),
                        submission.nodeCommand(),
                        settings.grove()
                                .withValue(
                                        "journal", ConfigValueFactory.fromAnyRef(folder.resolve("journal").toString())),
                        folder,
                        Stopwatch.system(),
                        job::fail));
        return new Pando(Optional.empty(), job, Optional.of(nodes.get()));
    }

    private static List<Integer> shares(int workers, int nodes) {
        return IntStream.range(0, nodes).mapToObj(i -> workers * (i + 1) / nodes - workers * i / nodes).toList();
    }

    /// Node processes that work for this job now; none where it trains in this process alone.
    public List<NodeProcess> nodes() {
        return nodes.map(NodeProcesses::running).orElse(List.of());
    }

    /// Starts one more node process for this job's grove.
    public NodeProcess startNode(int devices) {
        try {
            return nodes.orElseThrow().startOne(devices);
        } catch (IOException failed) {
            throw UserError.failed("cannot start a node process: " + failed.getMessage(), failed);
        }
    }

    /// Lets a node leave in order; no other takes its place.
    public void retire(NodeProcess node) {
        nodes.orElseThrow().retire(node);
    }

    /// How the grove stands; only where the job trains over node processes.
    public GroveClient.Standing standing() {
        return GroveClient.at(nodes().stream().map(NodeProcess::address).toList()).status();
    }

    /// Where a node joins the grove, `host:port`; empty where the job trains in this process alone.
    public Optional<String> address() {
        return nodes().stream().map(NodeProcess::address).findFirst();
    }

    /// The job that was started.
    public Job job() {
        return job;
    }

    /// Stops the job, with a checkpoint, if it still runs; then its actors. Waits for both.
    @Override
    public void close() {
        try {
            job.stop().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException told) {
            // done() reports it to those that wait for it
        } catch (TimeoutException late) {
            throw new IllegalStateException(
                    "job "
                            + job.name()
                            + " did not stop within "
                            + STOP_SECONDS
                            + " s: its last step or checkpoint hangs",
                    late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            nodes.ifPresent(NodeProcesses::close);
            system.ifPresent(ActorSystem::terminate);
        }
    }

    private static Config config(Submission submission) {
        return submission.settings().system().withFallback(ConfigFactory.defaultReference()).resolve();
    }
}
