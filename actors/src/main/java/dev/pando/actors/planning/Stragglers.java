package dev.pando.actors.planning;

import dev.pando.actors.job.JobEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Names the workers that take much longer for a batch shard than the middle one: for people, who can do something
/// about it.
///
/// A worker is named once it was slow for some steps in a row, and no longer once it has kept up for as many.
public final class Stragglers {
    private static final double SLOW = 1.5; // times as long as the middle one
    private static final double NOT_SLOW = 1.25;
    private static final double NOT_WORTH_A_WORD_S = 0.002; // above the middle one: a timer's noise
    private static final int STEPS = 8;

    private final Map<String, Integer> steps = new TreeMap<>(); // in a row that speak for a change
    private final Map<String, Double> named = new TreeMap<>();

    public void forget(String worker) {
        steps.remove(worker);
        named.remove(worker);
    }

    /// A step is over, the one with this number.
    ///
    /// @param secondsPerShard of the workers that have shown it
    /// @return what has changed
    public List<JobEvent> watch(long step, SortedMap<String, Double> secondsPerShard) {
        List<JobEvent> news = new ArrayList<>();
        double middle = ShardBalancer.middle(secondsPerShard).orElse(0);
        secondsPerShard.forEach((worker, seconds) -> {
            boolean isNamed = named.containsKey(worker);
            boolean isSlow = seconds > SLOW * middle && seconds - middle > NOT_WORTH_A_WORD_S;
            boolean changes = isNamed ? seconds < NOT_SLOW * middle : isSlow;
            if (!changes) {
                steps.remove(worker);
            } else if (steps.merge(worker, 1, Integer::sum) >= STEPS) {
                steps.remove(worker);
                news.add(isNamed ? keepsUp(worker, step) : fallsBehind(worker, step, seconds / middle));
            }
        });
        return news;
    }

    private JobEvent fallsBehind(String worker, long step, double times) {
        named.put(worker, times);
        return new JobEvent.WorkerFellBehind(worker, step, times);
    }

    private JobEvent keepsUp(String worker, long step) {
        named.remove(worker);
        return new JobEvent.WorkerKeptUp(worker, step);
    }
}
