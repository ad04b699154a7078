package dev.pando.bench.overhead;

import dev.pando.bench.Processor;
import dev.pando.bench.Spread;
import java.util.ArrayList;
import java.util.List;

/// Takes the time of a side's steps from commit to commit; the first ones of a turn are not counted.
final class Pace {
    private final int uncounted;
    private final List<Double> seconds = new ArrayList<>();
    private int commits;
    private long last;
    private double cpuAtFirst;
    private double cpuAtLast;

    /// @param uncounted commits before the first counted step begins, at least 1
    Pace(int uncounted) {
        this.uncounted = uncounted;
    }

    /// A step was committed, just now.
    void commit() {
        long now = System.nanoTime();
        cpuAtLast = Processor.time().toNanos() / 1e9;
        commits++;
        if (commits > uncounted) {
            seconds.add((now - last) / 1e9);
        } else {
            cpuAtFirst = cpuAtLast;
        }
        last = now;
    }

    double medianSeconds() {
        return Spread.median(seconds.stream().mapToDouble(Double::doubleValue).toArray());
    }

    double cpuSecondsAStep() {
        return (cpuAtLast - cpuAtFirst) / seconds.size();
    }
}
