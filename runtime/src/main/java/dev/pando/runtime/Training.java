package dev.pando.runtime;

import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.node.JobRun;
import dev.pando.runtime.settings.JvmFlags;
import dev.pando.runtime.settings.UserError;
import java.time.Clock;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/// Lets an ActorSystem train: one whose config lists this extension trains what its `pando.job` says, from its start
/// on.
///
/// ```hocon
/// pekko.actor.typed.extensions = ["dev.pando.runtime.Training"]
/// pando.job { … }
/// ```
public final class Training extends ExtensionId<Training.Running> {
    private static final Training ID = new Training();

    private Training() {}

    /// As Pekko asks for an extension that a config names.
    public static Training getInstance() {
        return ID;
    }

    /// The job that an ActorSystem trains; started now if the system's config does not name the extension.
    ///
    /// @throws UserError if the config or the run's folder is not as it must be
    public static Job job(ActorSystem<?> system) {
        return ID.apply(system).job();
    }

    @Override
    public Running createExtension(ActorSystem<?> system) {
        JvmFlags.check();
        return new Running(JobRun.start(Submission.of(system.settings().config()), system, Clock.systemUTC()));
    }

    /// The training of one ActorSystem.
    public record Running(Job job) implements Extension {}
}
