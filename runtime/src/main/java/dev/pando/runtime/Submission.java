package dev.pando.runtime;

import com.typesafe.config.Config;
import dev.pando.actors.JobEvent;
import dev.pando.actors.Workbench;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.Written;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// A job and the circumstances of its start; made by [#of], refined by the methods that return another.
///
/// @param resume whether to go on with the run that is in the job's folder
/// @param listener hears every event, in order, on the job's own thread
/// @param preparation hears how the text becomes tokens
/// @param tools what a node builds its replicas with, as the actors see it: the identity, unless someone must stand
///   between
public record Submission(
        Settings settings,
        boolean resume,
        Consumer<JobEvent> listener,
        Preparation preparation,
        UnaryOperator<Workbench> tools) {

    public static Submission of(Settings settings) {
        return new Submission(settings, false, event -> {}, Preparation.UNHEARD, UnaryOperator.identity());
    }

    /// @param config of a host, whose `pando.job` says what to train
    public static Submission of(Config config) {
        return of(Written.host(config).settings());
    }

    /// @param file HOCON with `pando.job`
    public static Submission of(Path file) {
        return of(Written.file(file).settings());
    }

    public Submission resuming(boolean resumes) {
        return new Submission(settings, resumes, listener, preparation, tools);
    }

    /// Adds a listener: earlier ones hear first.
    public Submission listening(Consumer<JobEvent> another) {
        return new Submission(settings, resume, listener.andThen(another), preparation, tools);
    }

    public Submission preparing(Preparation another) {
        return new Submission(settings, resume, listener, another, tools);
    }

    public Submission with(UnaryOperator<Workbench> between) {
        return new Submission(settings, resume, listener, preparation, between);
    }
}
