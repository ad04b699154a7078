package dev.pando.bench.step;

import dev.pando.bench.Spread;
import dev.pando.bench.step.Contestant.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// Lets all sides take turns, so that whatever else happens on the machine happens to all of them.
///
/// @param peaks GFLOP/s of the cores, one a round
/// @param sides the first is the one that the others are compared with
/// @param othersCores see [Disturbance]
record Comparison(Workload work, int threads, List<Double> peaks, List<Side> sides, OptionalDouble othersCores) {
    /// Losses may differ by how two programs round; after an update, by how Adam enlarges that.
    private static final double TOLERANCE = 1e-3;

    /// @param warmUp steps of each side that are not counted
    /// @param rounds turns of each side
    /// @param steps of a turn, after one that is not counted: the caches are the other side's
    record Plan(int warmUp, int rounds, int steps) {}

    /// @param turns one a round, without what is not counted
    /// @param cpuSeconds processor time of a step, on all cores together; one a round
    record Side(String name, List<Turn> turns, List<Double> cpuSeconds) {
        private void take(Contestant contestant, int steps) {
            Duration before = contestant.cpuTime();
            turns.add(contestant.run(steps));
            cpuSeconds.add(contestant.cpuTime().minus(before).toNanos() / 1e9 / steps);
        }

        double[] seconds() {
            return turns.stream().flatMapToDouble(turn -> DoubleStream.of(turn.seconds())).toArray();
        }

        Spread tokensPerSecond(Workload work) {
            return Spread.of(DoubleStream.of(seconds()).map(seconds -> work.tokens() / seconds).toArray());
        }

        /// Time of a step at the end over that at the beginning: medians of the last quarter and of the first.
        double drift() {
            double[] seconds = seconds();
            int quarter = Math.max(1, seconds.length / 4);
            double first = Spread.median(IntStream.range(0, quarter).mapToDouble(i -> seconds[i]).toArray());
            double last =
                    Spread.median(
                            IntStream.range(0, quarter).mapToDouble(i -> seconds[seconds.length - 1 - i]).toArray());
            return last / first;
        }

        private double medianOf(int round) {
            return Spread.median(turns.get(round).seconds());
        }
    }

    static Comparison run(
            Workload work, int threads, Plan plan, List<Contestant> contestants, Consumer<String> progress) {
        progress.accept("warming up");
        List<double[]> losses = contestants.stream().map(side -> side.run(plan.warmUp).losses()).toList();
        for (int i = 1; i < contestants.size(); i++) {
            requireSameWork(contestants.get(i).name(), losses.getFirst(), losses.get(i));
        }
        Disturbance disturbance = new Disturbance(contestants);
        List<Double> peaks = new ArrayList<>();
        List<Side> sides =
                contestants.stream()
                        .map(contestant -> new Side(contestant.name(), new ArrayList<>(), new ArrayList<>()))
                        .toList();
        try (Peak peak = new Peak(threads)) {
            peak.measure();
            for (int round = 0; round < plan.rounds; round++) {
                progress.accept("round " + (round + 1) + " of " + plan.rounds);
                peaks.add(peak.measure());
                for (int i = 0; i < contestants.size(); i++) {
                    int turn = (round + i) % contestants.size(); // none is always the first
                    contestants.get(turn).run(1);
                    sides.get(turn).take(contestants.get(turn), plan.steps);
                }
            }
        }
        return new Comparison(work, threads, peaks, sides, disturbance.cores());
    }

    private static void requireSameWork(String peer, double[] ours, double[] theirs) {
        int steps = Math.min(3, ours.length);
        for (int step = 0; step < steps; step++) {
            if (Math.abs(ours[step] - theirs[step]) > TOLERANCE * theirs[step]) {
                throw new IllegalStateException(
                        "the sides do not compute the same: after "
                                + step
                                + " updates from equal weights the loss is "
                                + ours[step]
                                + ", and that of "
                                + peer
                                + " "
                                + theirs[step]);
            }
        }
    }

    /// Speed of the first side over that of another, round by round.
    Spread ratio(Side other) {
        return Spread.of(
                IntStream.range(0, peaks.size())
                        .mapToDouble(round -> other.medianOf(round) / sides.getFirst().medianOf(round))
                        .toArray());
    }

    /// The same in processor time, which does not count while others have the core, but counts threads that spin.
    Spread ratioOfCpuTime(Side other) {
        return Spread.of(
                IntStream.range(0, peaks.size())
                        .mapToDouble(round -> other.cpuSeconds.get(round) / sides.getFirst().cpuSeconds.get(round))
                        .toArray());
    }

    /// Operations of a step over its time, and over the peak of the same round.
    Spread shareOfPeak(Side side) {
        return Spread.of(
                IntStream.range(0, peaks.size())
                        .mapToDouble(round -> work.flops() / 1e9 / side.medianOf(round) / peaks.get(round))
                        .toArray());
    }

    double gflopPerSecond(Side side) {
        return work.flops() / 1e9 / Spread.median(side.seconds());
    }

    Spread peak() {
        return Spread.of(peaks.stream().mapToDouble(Double::doubleValue).toArray());
    }
}
