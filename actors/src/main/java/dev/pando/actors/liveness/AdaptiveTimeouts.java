package dev.pando.actors.liveness;

import java.util.SortedMap;
import java.util.TreeMap;

/// How long to wait for whom: by the pace of all workers, by a worker's own where that one is slow, and longer for a
/// device that was given up for its silence and is back, since it was not dead.
public final class AdaptiveTimeouts {
    private static final int MOST_DOUBLINGS = 6;
    private static final int PIECES_WORTH_WAITING = 2;
    private static final int PROVEN = 8; // pieces of work, after which a worker's own pace says enough

    private final ResponseTimes all = ofWork();
    private final SortedMap<String, ResponseTimes> own = new TreeMap<>();
    private final SortedMap<String, ResponseTimes> signs =
            new TreeMap<>(); // of life: what passes between two of a worker
    private final SortedMap<String, Integer> givenUp =
            new TreeMap<>(); // how often each device was, since it last worked

    /// Five times what a slow piece takes, a second at least.
    private static ResponseTimes ofWork() {
        return new ResponseTimes(5, 1_000_000_000L);
    }

    /// Four times the usual, as long as several lost packets of a network take to be sent again.
    private static ResponseTimes ofSigns() {
        return new ResponseTimes(4, 400_000_000L);
    }

    /// The worker took this long for a piece of work.
    public void observe(String worker, long durationNs) {
        all.observe(durationNs);
        ResponseTimes pace = own.computeIfAbsent(worker, _ -> ofWork());
        pace.observe(durationNs);
        if (pace.observed() == PROVEN) {
            givenUp.remove(device(worker));
        }
    }

    /// So much time passed between two signs of life of this worker.
    public void observeSigns(String worker, long betweenNs) {
        signs.computeIfAbsent(worker, _ -> ofSigns()).observe(betweenNs);
    }

    /// The worker was silent for too long.
    public void gaveUp(String worker) {
        givenUp.merge(device(worker), 1, Integer::sum);
    }

    public void forget(String worker) {
        own.remove(worker);
        signs.remove(worker);
    }

    /// For any worker, when the answer takes this many pieces of work.
    public long ns(int pieces) {
        return all.patienceNs(pieces);
    }

    /// With this worker.
    public long ns(String worker, int pieces) {
        long longest = all.patienceNs(pieces);
        ResponseTimes pace = own.get(worker);
        if (pace != null) {
            longest = Math.max(longest, pace.patienceNs(pieces));
        }
        return doubled(worker, longest);
    }

    /// With this worker, while it gives no sign of life. Its process stands still, for an unknown time: where a piece
    /// of work is long, it may well be back before others have done what it owes. For minutes where no sign has ever
    /// come.
    public long withoutSignNs(String worker) {
        ResponseTimes pace = signs.getOrDefault(worker, ofSigns());
        return doubled(worker, Math.max(pace.patienceNs(1), PIECES_WORTH_WAITING * all.slowNs()));
    }

    private long doubled(String worker, long ns) {
        return ns << Math.min(givenUp.getOrDefault(device(worker), 0), MOST_DOUBLINGS);
    }

    /// `worker-2` of its third incarnation, `worker-2#3`.
    private static String device(String worker) {
        int mark = worker.indexOf('#');
        return mark < 0 ? worker : worker.substring(0, mark);
    }
}
