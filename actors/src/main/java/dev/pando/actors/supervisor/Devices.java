package dev.pando.actors.supervisor;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.StageReport.Leaving;
import dev.pando.actors.stage.StageReport.Refused;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/// The devices that a job may use: which are up, which refuse the job, and which are about to leave.
final class Devices {
    private final JobSpec spec;
    private final RecoveredLeadership leadership;
    private final Leader self;
    private final JobProgress progress;
    private final ActorRef<JobEvent> audience;
    private final Consumer<ActorRef<?>> watch;
    private final Refusals refusals;
    private final Set<ActorRef<GpuWorker.Command>> devices = new TreeSet<>(); // by their paths, not by chance
    private final SortedMap<String, ActorRef<GpuWorker.Command>> leaving = new TreeMap<>(); // by worker

    Devices(
            JobSpec spec,
            RecoveredLeadership leadership,
            Leader self,
            JobProgress progress,
            ActorRef<JobEvent> audience,
            Consumer<ActorRef<?>> watch) {
        this.spec = spec;
        this.leadership = leadership;
        this.self = self;
        this.progress = progress;
        this.audience = audience;
        this.watch = watch;
        this.refusals = new Refusals(leadership.refused());
    }

    Collection<ActorRef<GpuWorker.Command>> all() {
        return List.copyOf(devices);
    }

    /// Asks each device for a replica that has not been asked yet.
    void listed(Collection<ActorRef<GpuWorker.Command>> up) {
        up.stream()
                .sorted()
                .filter(devices::add)
                .forEach(device -> {
                    watch.accept(device);
                    device.tell(new GpuWorker.Host(spec, self));
                });
    }

    boolean has(ActorRef<GpuWorker.Command> device) {
        return devices.contains(device);
    }

    void refused(Refused refused) {
        if (has(refused.device()) && refusals.areNews(refused)) {
            audience.tell(new JobEvent.WorkerRefused(refused.worker(), progress.position(), refused.sentence()));
        }
    }

    int refusing() {
        return refusals.number();
    }

    /// Whether all refuse a job that has not begun. A job that has trained before waits for the devices that trained
    /// it: they may be on their way.
    boolean areUseless() {
        return refusals.areByAllOf(devices) && progress.position() == 0 && !leadership.isSuccession();
    }

    /// Sentence for the user.
    String refusal() {
        return refusals.sentence();
    }

    void leaving(Leaving departing) {
        if (refusals.isBy(departing.device())) {
            departing.device().tell(release());
        } else {
            leaving.put(departing.worker(), departing.device());
        }
    }

    boolean isLeaving(String worker, ActorRef<GpuWorker.Command> device) {
        return device.equals(leaving.get(worker));
    }

    /// The worker has been dismissed.
    void left(String worker) {
        leaving.remove(worker);
    }

    void ended(ActorRef<?> device) {
        devices.removeIf(device::equals);
        refusals.forget(device);
    }

    /// The job is over.
    void releaseAll() {
        devices.forEach(device -> device.tell(release()));
    }

    private GpuWorker.Release release() {
        return new GpuWorker.Release(spec.id(), leadership.incarnation());
    }
}
