package dev.pando.runtime.node;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.owner.JobLed;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.model.Samples;
import dev.pando.runtime.report.Report;
import dev.pando.runtime.settings.Settings;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the run's folder of a job for as long as this node leads it, on one separate thread: what happens, samples and
/// report at the end.
///
/// The journal is the job's memory, the folder is for people: where it cannot be written the job goes on.
final class RunRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(RunRecorder.class);

    private final JobLed led;
    private final BlockingQueue<Optional<Told>> heard = new LinkedBlockingQueue<>();

    private RunRecorder(JobLed led) {
        this.led = led;
    }

    /// Finds a keeper for every job that this node leads.
    static Behavior<JobLed> create() {
        return Behaviors.setup(context -> {
            context.getSystem().eventStream().tell(new EventStream.Subscribe<>(JobLed.class, context.getSelf()));
            return Behaviors.receiveMessage(led -> {
                RunRecorder keeper = new RunRecorder(led);
                Settings settings = Settings.parse(led.job().config());
                try {
                    RunFolder folder = RunFolder.seize(settings);
                    context.spawnAnonymous(
                            Follower.of(
                                    led.owner(),
                                    folder.lastEntry(),
                                    folder.lastStep(),
                                    told -> keeper.heard.add(Optional.of(told)),
                                    () -> keeper.heard.add(Optional.empty())));
                    Thread.ofPlatform()
                            .name("pando-keeper-" + led.job().id())
                            .daemon()
                            .start(() -> keeper.keep(settings, folder));
                } catch (RuntimeException refused) {
                    LOG.warn("nobody keeps the folder of job {}: {}", led.job().id(), refused.getMessage());
                }
                return Behaviors.same();
            });
        });
    }

    private void keep(Settings settings, RunFolder folder) {
        try (folder) {
            while (true) {
                Optional<Told> told = heard.take();
                if (told.isEmpty()) {
                    return; // another node leads it, and keeps its folder
                }
                JobEvent event = told.get().event();
                if (event instanceof JobEvent.Finished) {
                    folder.record(Samples.of(folder.path(), settings));
                }
                folder.record(event, told.get().at(), told.get().entry());
                if (event.endsTheJob()) {
                    Report.write(folder.path());
                    return;
                }
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failed) {
            LOG.warn("the folder of job {} is kept no longer", led.job().id(), failed);
        }
    }
}
