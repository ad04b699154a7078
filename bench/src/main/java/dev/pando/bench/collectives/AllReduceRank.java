package dev.pando.bench.collectives;

import com.sun.management.ThreadMXBean;
import dev.pando.collectives.Communicator;
import dev.pando.collectives.Transport;
import dev.pando.training.ops.Sums;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/// One rank of an all-reduce benchmark, in a separate process.
///
/// Measures like the peers' programs: a sample is k calls in a row with no barrier inside, k chosen so that a sample
/// lasts long enough; the figure is the median over samples of the slowest rank's time a call. Rank 0 prints one JSON
/// object a size.
final class AllReduceRank {
    private static final Deadline PATIENT = new Deadline("the benchmark", TimeUnit.MINUTES.toNanos(2));
    private static final long LARGEST_WARM_UP = 16 << 20;
    private static final int WARM_UP_ROUNDS = 30;
    static final String ENDED = "ended";

    private static final int MOST_CALLS = 1 << 16;

    private final Communicator collective;
    private final AllReduceOptions options;
    private final ShardTree tree;
    private final int rank;
    private final Numbers numbers;
    private long operation;

    private AllReduceRank(Communicator collective, AllReduceOptions options, int rank) {
        this.collective = collective;
        this.options = options;
        this.tree = new ShardTree(options.world());
        this.rank = rank;
        this.numbers = new Numbers();
    }

    /// The partial sum of this rank's shard, and room for the sum of all.
    private record Spans(List<Partial> mine, MemorySegment sum) {}

    public static void main(String[] args) throws IOException {
        AllReduceOptions options = AllReduceOptions.parse(args);
        try (Transport transport = Transport.start(options.settings());
                Communicator collective = transport.join("rank")) {
            System.out.println(collective.address());
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            int rank = Integer.parseInt(input.readLine());
            List<Member> members = new ArrayList<>();
            for (int at = 0; at < options.world(); at++) {
                members.add(new Member("rank-" + at, input.readLine()));
            }
            collective.enter(new Membership("benchmark", 1, members));
            new AllReduceRank(collective, options, rank).run();
            System.out.println(ENDED);
            input.readLine(); // the others may still need what was lost on its way to them
        }
    }

    private void run() {
        if (options.isOverlap()) {
            String figures = new Overlap(collective, options.world(), rank, operation).measure();
            if (rank == 0) {
                System.out.println(figures);
            }
            return;
        }
        warmUp();
        for (long bytes = options.minBytes(); bytes <= options.maxBytes(); bytes *= 4) {
            measure(bytes);
        }
    }

    /// Until the compiler has seen to all that the measured sizes run through, and has seen its assumptions fail.
    ///
    /// Nothing where no time is given for it: a slow network hides what a compiler does.
    private void warmUp() {
        if (options.warmUpSeconds() == 0) {
            return;
        }
        List<Spans> sizes = new ArrayList<>();
        for (long bytes = 1 << 10; bytes <= Math.min(options.maxBytes(), LARGEST_WARM_UP); bytes *= 4) {
            sizes.add(spans(bytes));
        }
        double spent = 0;
        for (int round = 0; round < WARM_UP_ROUNDS || spent < options.warmUpSeconds(); round++) {
            for (Spans spans : sizes) {
                spent += timed(spans, (int) Math.max(2, Math.min(500, LARGEST_WARM_UP / spans.sum().byteSize())));
            }
        }
    }

    private void measure(long bytes) {
        Spans spans = spans(bytes);
        spans.mine().getFirst().span().asSlice(0, bytes).copyFrom(constant(rank + 1, bytes));
        reduce(spans);
        float expected = tree.shards() * (tree.shards() + 1) / 2f;
        if (at(spans.sum(), 0) != expected || at(spans.sum(), bytes / Float.BYTES - 1) != expected) {
            throw new IllegalStateException("rank " + rank + ": wrong sum " + at(spans.sum(), 0));
        }
        int calls = 1;
        for (double spent = timed(spans, calls); spent < options.sampleSeconds() && calls < MOST_CALLS; ) {
            long wanted = (long) (calls * options.sampleSeconds() / Math.max(spent, 1e-6));
            calls = (int) Math.min(MOST_CALLS, Math.max(2L * calls, wanted));
            spent = timed(spans, calls);
        }
        double[] times = new double[options.samples()];
        long allocated = allocatedBytes();
        for (int sample = 0; sample < times.length; sample++) {
            times[sample] = timed(spans, calls) / calls;
        }
        allocated = allocatedBytes() - allocated;
        if (rank == 0) {
            report(bytes, calls, times, allocated);
        }
    }

    private Spans spans(long bytes) {
        MemorySegment mine = collective.memory().allocate("partial sum", bytes);
        MemorySegment sum =
                options.sharesResult() && bytes >= options.minBytes()
                        ? collective.sharedResult("sum", bytes)
                        : collective.memory().allocate("sum", bytes);
        return new Spans(List.of(new Partial(tree.leaf(rank), mine)), sum);
    }

    private static MemorySegment constant(float value, long bytes) {
        MemorySegment constant = Arena.ofAuto().allocate(bytes);
        for (long at = 0; at < bytes; at += Float.BYTES) {
            constant.set(ValueLayout.JAVA_FLOAT, at, value);
        }
        return constant;
    }

    private static float at(MemorySegment span, long element) {
        return span.getAtIndex(ValueLayout.JAVA_FLOAT, element);
    }

    /// @return the slowest rank's time, in seconds
    private double timed(Spans spans, int calls) {
        numbers.slowest(0); // a barrier
        long begin = System.nanoTime();
        for (int call = 0; call < calls; call++) {
            if (options.isMemoryAlone()) {
                add(spans);
            } else {
                reduce(spans);
            }
        }
        return numbers.slowest((System.nanoTime() - begin) / 1e9f);
    }

    /// What the memory allows when every rank reads and writes as much: `sum += mine`, each for itself.
    private void add(Spans spans) {
        MemorySegment sum = spans.sum();
        Sums.add(sum, spans.mine().getFirst().span(), sum.byteSize() / Float.BYTES);
    }

    private void reduce(Spans spans) {
        Outcome outcome = collective.allReduce(PATIENT, new Operation(1, operation++), tree, spans.mine(), spans.sum());
        if (!(outcome instanceof Outcome.Done)) {
            throw new IllegalStateException("rank " + rank + ": " + outcome);
        }
    }

    /// Tells every rank the slowest's time: a vector of which each fills one place, added.
    private final class Numbers {
        private final Spans spans = spans(options.world() * (long) Float.BYTES);

        float slowest(float own) {
            MemorySegment mine = spans.mine().getFirst().span();
            mine.fill((byte) 0);
            mine.setAtIndex(ValueLayout.JAVA_FLOAT, rank, own);
            reduce(spans);
            float slowest = 0;
            for (int at = 0; at < options.world(); at++) {
                slowest = Math.max(slowest, at(spans.sum(), at));
            }
            return slowest;
        }
    }

    private void report(long bytes, int calls, double[] times, long allocated) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        int world = options.world();
        System.out.printf(
                Locale.ROOT,
                "{\"bench\": \"allreduce\", \"peer\": \"pando\", \"transport\": \"%s\", \"world\": %d, \"bytes\": %d,"
                        + " \"time_us\": %.2f, \"time_us_min\": %.2f, \"time_us_max\": %.2f, \"alg_gb_s\": %.4f,"
                        + " \"bus_gb_s\": %.4f, \"alg_gb_s_best\": %.4f, \"calls_per_sample\": %d, \"samples\": %d,"
                        + " \"allocated_bytes_per_call\": %.1f, \"load_1m\": %.2f}%n",
                options.transport(),
                world,
                bytes,
                median * 1e6,
                sorted[0] * 1e6,
                sorted[sorted.length - 1] * 1e6,
                bytes / median / 1e9,
                bytes / median / 1e9 * 2 * (world - 1) / world,
                bytes / sorted[0] / 1e9,
                calls,
                times.length,
                (double) allocated / times.length / calls,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
