package dev.pando.runtime.node;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.owner.JobLed;
import dev.pando.actors.owner.JobOwner.Told;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.model.Samples;
import dev.pando.runtime.report.Report;
import dev.pando.runtime.settings.Settings;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps the run's folder of a job for as long as this node leads it, on one separate thread: what happens, samples and
/// report at the end.
///
/// The journal is the job's memory, the folder is for people: where it cannot be written the job goes on.
final class RunRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(RunRecorder.class);

    private static final Duration BEFORE_THE_NEXT_TRY = Duration.ofSeconds(1);
    private static final double LAST_WRITES_SECONDS = 600; // where the disk refuses

    sealed interface Command permits Led, Ended {}

    /// @param retried whether its folder could not be taken before
    private record Led(JobLed job, boolean retried) implements Command {}

    private record Ended(ActorRef<?> owner) implements Command {}

    private final JobLed led;
    private final BlockingQueue<Optional<Told>> heard = new LinkedBlockingQueue<>();

    private RunRecorder(JobLed led) {
        this.led = led;
    }

    /// Finds a keeper for every job that this node leads.
    static Behavior<Command> create() {
        return Behaviors.setup(context -> {
            ActorRef<JobLed> news = context.messageAdapter(JobLed.class, led -> new Led(led, false));
            context.getSystem().eventStream().tell(new EventStream.Subscribe<>(JobLed.class, news));
            Set<ActorRef<?>> refused = new HashSet<>(); // owners of jobs whose folders cannot be taken yet
            return Behaviors.receiveMessage(command -> {
                switch (command) {
                    case Led(var job, boolean retried) when retried && !refused.contains(job.owner()) -> {}
                    case Led(var job, boolean retried) -> take(context, job, refused);
                    case Ended(var owner) -> refused.remove(owner);
                }
                return Behaviors.same();
            });
        });
    }

    /// Takes the folder from the keeper before, now or when the disk lets it.
    private static void take(ActorContext<Command> context, JobLed led, Set<ActorRef<?>> refused) {
        try {
            Settings settings = Settings.parse(led.job().config());
            RunFolder folder = RunFolder.seize(settings);
            refused.remove(led.owner());
            RunRecorder keeper = new RunRecorder(led);
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
        } catch (RuntimeException trouble) {
            if (refused.add(led.owner())) {
                LOG.warn(
                        "the folder of job {} is tried again until it can be written: {}",
                        led.job().id(),
                        trouble.getMessage());
                context.watchWith(led.owner(), new Ended(led.owner()));
            }
            context.scheduleOnce(BEFORE_THE_NEXT_TRY, context.getSelf(), new Led(led, true));
        }
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
                    folder.afterwards(() -> Report.write(folder.path()));
                    folder.finish(LAST_WRITES_SECONDS);
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
