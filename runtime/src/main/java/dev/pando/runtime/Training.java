package dev.pando.runtime;

import java.time.Clock;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/// Lets an ActorSystem train: one whose config lists this extension trains what its `pando.job` says, from its start on.
///
/// ```hocon
/// pekko.actor.typed.extensions = ["dev.pando.runtime.Training$Id"]
/// pando.job { … }
/// ```
public final class Training implements Extension {
    private final Job job;

    private Training(Job job) {
        this.job = job;
    }

    /// The job that the system's config describes.
    public Job job() {
        return job;
    }

    /// The training of an ActorSystem; starts it where the config did not.
    public static Training get(ActorSystem<?> system) {
        return Id.INSTANCE.get(system);
    }

    /// What Pekko finds the extension by.
    public static final class Id extends ExtensionId<Training> {
        private static final Id INSTANCE = new Id();

        private Id() {}

        /// As Pekko asks for it.
        public static Id getInstance() {
            return INSTANCE;
        }

        @Override
        public Training createExtension(ActorSystem<?> system) {
            return new Training(JobRun.start(Submission.of(system.settings().config()), system, Clock.systemUTC()));
        }
    }
}
