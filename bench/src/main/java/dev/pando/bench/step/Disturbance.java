package dev.pando.bench.step;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/// How many cores others used while we measured: other processes, and the hypervisor.
///
/// From Linux's `/proc/stat`; unknown without that file.
final class Disturbance {
    private static final Path STATISTICS = Path.of("/proc/stat");
    private static final double TICKS_PER_SECOND = 100;
    private static final int[] BUSY = {
        1, 2, 3, 6, 7, 8
    }; // user, nice, system, irq, softirq, steal; idle and iowait are not

    private final List<Contestant> ours;
    private final long begin = System.nanoTime();
    private final double busyBefore = busySeconds();
    private final double oursBefore;

    /// Begins to look.
    Disturbance(List<Contestant> ours) {
        this.ours = ours;
        this.oursBefore = ourSeconds();
    }

    /// Mean number of cores since the beginning.
    OptionalDouble cores() {
        double seconds = (System.nanoTime() - begin) / 1e9;
        double others = (busySeconds() - busyBefore) - (ourSeconds() - oursBefore);
        return Double.isNaN(others) ? OptionalDouble.empty() : OptionalDouble.of(Math.max(0, others / seconds));
    }

    private double ourSeconds() {
        return ours.stream().map(Contestant::cpuTime).mapToDouble(Duration::toMillis).sum() / 1e3;
    }

    private static double busySeconds() {
        try {
            String[] ticks = Files.readAllLines(STATISTICS).getFirst().split(" +");
            return IntStream.of(BUSY).mapToDouble(column -> Double.parseDouble(ticks[column])).sum() / TICKS_PER_SECOND;
        } catch (IOException unknown) {
            return Double.NaN;
        }
    }
}
