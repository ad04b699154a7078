package dev.pando.actors;

import java.util.SortedMap;
import java.util.TreeMap;

/// How long to wait for whom: by the pace of all workers, by a worker's own where that one is slow, and longer for a
/// device that was given up for its silence and is back, since it was not dead.
final class Patience {
    private static final int MOST_DOUBLINGS = 6;
    private static final int PROVEN = 8; // pieces of work, after which a worker's own pace says enough

    private final Pace all = new Pace();
    private final SortedMap<String, Pace> own = new TreeMap<>();
    private final SortedMap<String, Integer> givenUp =
            new TreeMap<>(); // how often each device was, since it last worked

    /// The worker took this long for a piece of work.
    void observe(String worker, long durationNs) {
        all.observe(durationNs);
        Pace pace = own.computeIfAbsent(worker, _ -> new Pace());
        pace.observe(durationNs);
        if (pace.observed() == PROVEN) {
            givenUp.remove(device(worker));
        }
    }

    /// The worker was silent for too long.
    void gaveUp(String worker) {
        givenUp.merge(device(worker), 1, Integer::sum);
    }

    void forget(String worker) {
        own.remove(worker);
    }

    /// With anybody, where an answer is worth so many pieces of work.
    long ns(int pieces) {
        return all.patienceNs(pieces);
    }

    /// With this worker.
    long ns(String worker, int pieces) {
        long longest = all.patienceNs(pieces);
        Pace pace = own.get(worker);
        if (pace != null) {
            longest = Math.max(longest, pace.patienceNs(pieces));
        }
        return longest << Math.min(givenUp.getOrDefault(device(worker), 0), MOST_DOUBLINGS);
    }

    /// `worker-2` of its third incarnation, `worker-2#3`.
    private static String device(String worker) {
        int mark = worker.indexOf('#');
        return mark < 0 ? worker : worker.substring(0, mark);
    }
}
