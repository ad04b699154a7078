package dev.pando.runtime.job;

import com.typesafe.config.Config;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// A job and the circumstances of its start; made by [#of], refined by the methods that return another.
///
/// @param resume whether to go on with the run that is in the job's folder
/// @param listener hears every event, in order, on the job's own thread
/// @param preparation hears how the text becomes tokens
/// @param tools what a node builds its replicas with, as the actors see it: the identity, unless someone must stand
///   between
/// @param nodes processes to start on this machine, each with a part of the workers; 0: all work in this one
/// @param nodeCommand the words of the command line that make a process a node
public record Submission(
        Settings settings,
        boolean resume,
        Consumer<JobEvent> listener,
        Preparation preparation,
        UnaryOperator<ReplicaFactory> tools,
        int nodes,
        List<String> nodeCommand) {
    private static final List<String> NODE = List.of("node");

    public Submission {
        nodeCommand = List.copyOf(nodeCommand);
    }

    public static Submission of(Settings settings) {
        return new Submission(settings, false, event -> {}, Preparation.UNHEARD, UnaryOperator.identity(), 0, NODE);
    }

    /// @param config of a host, whose `pando.job` says what to train
    public static Submission of(Config config) {
        return of(JobConfig.host(config).settings());
    }

    /// @param file HOCON with `pando.job`
    public static Submission of(Path file) {
        return of(JobConfig.file(file).settings());
    }

    public Submission resuming(boolean resumes) {
        return new Submission(settings, resumes, listener, preparation, tools, nodes, nodeCommand);
    }

    /// Adds a listener: earlier ones hear first.
    public Submission listening(Consumer<JobEvent> another) {
        return new Submission(settings, resume, listener.andThen(another), preparation, tools, nodes, nodeCommand);
    }

    public Submission preparing(Preparation another) {
        return new Submission(settings, resume, listener, another, tools, nodes, nodeCommand);
    }

    public Submission with(UnaryOperator<ReplicaFactory> between) {
        return new Submission(settings, resume, listener, preparation, between, nodes, nodeCommand);
    }

    /// Trains on as many node processes, which share the job's workers evenly; at most one for each worker.
    public Submission over(int processes) {
        if (processes < 0) {
            throw new UserError("--nodes is " + processes + ": write 0 or more");
        }
        if (processes > settings.workers()) {
            throw new UserError(
                    "--nodes "
                            + processes
                            + " needs at least "
                            + processes
                            + " workers, and there are "
                            + settings.workers()
                            + "; raise --workers or lower --nodes");
        }
        return new Submission(settings, resume, listener, preparation, tools, processes, nodeCommand);
    }

    /// Starts those processes by another command than `node`, one that takes all that it takes.
    public Submission asNodes(List<String> command) {
        return new Submission(settings, resume, listener, preparation, tools, nodes, command);
    }
}
