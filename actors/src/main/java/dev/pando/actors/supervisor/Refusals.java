package dev.pando.actors.supervisor;

import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.StageReport;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;

/// Remembers which devices take no part in a job, so that they are not asked for ever.
final class Refusals {
    private final Set<String> known; // workers of which it is in the job's history
    private final SortedMap<ActorRef<GpuWorker.Command>, String> sentences = new TreeMap<>();

    /// @param known workers that have refused before, and whose refusals have been told
    Refusals(Set<String> known) {
        this.known = known;
    }

    /// @return whether it has not been reported yet
    boolean areNews(StageReport.Refused refused) {
        return sentences.put(refused.device(), refused.sentence()) == null && !known.contains(refused.worker());
    }

    /// The device is gone; one that takes its place may think otherwise.
    void forget(ActorRef<?> device) {
        sentences.keySet().removeIf(device::equals);
    }

    boolean isBy(ActorRef<GpuWorker.Command> device) {
        return sentences.containsKey(device);
    }

    int number() {
        return sentences.size();
    }

    boolean areByAllOf(Collection<ActorRef<GpuWorker.Command>> devices) {
        return !devices.isEmpty() && sentences.keySet().containsAll(devices);
    }

    /// Sentence for the user; the first of several.
    String sentence() {
        String first = sentences.values().iterator().next();
        return sentences.size() == 1
                ? first
                : String.format(Locale.ROOT, "all %d devices refuse; the first: %s", sentences.size(), first);
    }
}
