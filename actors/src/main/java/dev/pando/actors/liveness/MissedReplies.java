package dev.pando.actors.liveness;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/// Counts, in ticks of the supervisor's own timer, how long each worker that owes something has said nothing.
///
/// Ticks, not time: while this process itself is paused, by its garbage collector or its machine, no tick passes, so
/// its own pause is never held against others.
public final class MissedReplies {
    /// Time between two ticks.
    public static final long TICK_NS = 50_000_000L;

    private final Map<String, Long> ticks = new TreeMap<>();

    public void heard(String worker) {
        ticks.put(worker, 0L);
    }

    public void forget(String worker) {
        ticks.remove(worker);
    }

    /// A tick has passed.
    ///
    /// @param owing workers that owe an answer
    /// @param patienceNs with each of them
    /// @return those of them that have been silent for longer than the patience
    public List<String> tick(Collection<String> owing, ToLongFunction<String> patienceNs) {
        ticks.replaceAll((worker, count) -> owing.contains(worker) ? count + 1 : 0);
        return owing.stream()
                .filter(worker -> ticks.computeIfAbsent(worker, _ -> 0L) > patienceNs.applyAsLong(worker) / TICK_NS)
                .toList();
    }
}
