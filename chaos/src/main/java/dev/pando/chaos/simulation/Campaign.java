package dev.pando.chaos.simulation;

import dev.pando.chaos.simulation.world.Plan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/// Runs many seeds on several cores; each core has its simulator, and so each history is the one that its seed has
/// anywhere.
public final class Campaign {
    /// @param broken histories that broke a rule, by their seeds
    /// @param virtualNs of all histories together
    /// @param cpuNs that the simulators' threads took
    public record Summary(
            long seeds, List<Chronicle> broken, long virtualNs, long cpuNs, long turns, Coverage coverage) {
        /// How many times faster than life a core is.
        public double timesReal() {
            return cpuNs == 0 ? 0 : (double) virtualNs / cpuNs;
        }
    }

    private static final Duration STANDSTILL = Duration.ofMinutes(10);

    private final LongFunction<Plan> plans;
    private final int cores;
    private final List<Chronicle> broken = new ArrayList<>();
    private final Coverage coverage = new Coverage();
    private long virtualNs;
    private long cpuNs;
    private long turns;

    /// @param plans draws the plan of a seed
    public Campaign(LongFunction<Plan> plans, int cores) {
        this.plans = plans;
        this.cores = cores;
    }

    /// @param done hears of each history, one at a time
    public Summary run(long first, long seeds, Consumer<Chronicle> done) throws InterruptedException {
        AtomicLong next = new AtomicLong(first);
        List<Thread> threads = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (int core = 0; core < Math.min(cores, seeds); core++) {
            threads.add(
                    Thread.ofPlatform()
                            .daemon() // one that hangs does not keep the JVM alive
                            .name("simulator-" + core)
                            .start(() -> {
                                try {
                                    live(next, first + seeds, done);
                                } catch (RuntimeException | Error failure) {
                                    synchronized (this) {
                                        failures.add(failure);
                                    }
                                }
                            }));
        }
        for (Thread thread : threads) {
            awaitEnd(thread);
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException("a simulator failed", failures.getFirst());
        }
        broken.sort((one, other) -> Long.compare(one.plan().seed(), other.plan().seed()));
        return new Summary(seeds, broken, virtualNs, cpuNs, turns, coverage);
    }

    /// However long it takes, as long as histories come to their ends.
    private void awaitEnd(Thread thread) throws InterruptedException {
        long before = -1;
        while (!thread.join(STANDSTILL)) {
            synchronized (this) {
                if (turns == before) {
                    throw new IllegalStateException(
                            "no history has come to its end for "
                                    + STANDSTILL.toMinutes()
                                    + " minutes, says "
                                    + thread.getName());
                }
                before = turns;
            }
        }
    }

    private static Chronicle live(Simulator simulator, Plan plan) {
        try {
            return simulator.run(plan);
        } catch (RuntimeException | Error failure) {
            throw new IllegalStateException("seed " + plan.seed() + " cannot be simulated", failure);
        }
    }

    private void live(AtomicLong next, long end, Consumer<Chronicle> done) {
        var threads = java.lang.management.ManagementFactory.getThreadMXBean();
        try (Simulator simulator = new Simulator()) {
            long seed = next.getAndIncrement();
            while (seed < end) {
                Chronicle chronicle = live(simulator, plans.apply(seed));
                synchronized (this) {
                    virtualNs += chronicle.virtualNs();
                    turns += chronicle.turns();
                    if (!chronicle.isSound()) {
                        broken.add(chronicle);
                    }
                    done.accept(chronicle);
                }
                seed = next.getAndIncrement();
            }
            synchronized (this) {
                coverage.add(simulator.coverage());
                cpuNs += threads.getCurrentThreadCpuTime();
            }
        }
    }
}
