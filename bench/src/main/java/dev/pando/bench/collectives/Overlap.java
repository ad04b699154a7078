package dev.pando.bench.collectives;

import dev.pando.bench.Spread;
import dev.pando.collectives.Communicator;
import dev.pando.collectives.memory.Format;
import dev.pando.training.model.ModelPreset;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/// How much of the communication of a step's gradients is hidden when each layer's travels while the next is computed.
///
/// The spans are those of config M, one for each layer and one for the embedding and the head each, about equally
/// large; the computation between them is arithmetic of a fixed amount that needs no memory.
final class Overlap {
    private static final int ROUNDS = 25;
    private static final int WARM_UP = 8;
    private static final long FLOPS_OF_A_LAYER = 12_000_000;
    private static final Deadline PATIENT = new Deadline("the benchmark", TimeUnit.MINUTES.toNanos(1));

    private final Communicator collective;
    private final ShardTree tree;
    private final List<List<Partial>> layers;
    private final List<MemorySegment> sums;
    private final Communicator.Pending[] pending;
    private long operation;
    private double arithmetic;

    /// @param operation first number that is free
    Overlap(Communicator collective, int world, int rank, long operation) {
        int count = ModelPreset.M.config().layers() + 2;
        long bytes = ModelTensors.table(ModelPreset.M.config()).parameters() / count * Float.BYTES / 64 * 64;
        this.collective = collective;
        this.tree = new ShardTree(world);
        this.operation = operation;
        this.layers =
                IntStream.range(0, count)
                        .mapToObj(layer ->
                                List.of(
                                        new Partial(
                                                tree.leaf(rank),
                                                collective.memory().allocate("gradient of layer " + layer, bytes))))
                        .toList();
        this.sums =
                IntStream.range(0, count)
                        .mapToObj(layer -> collective.memory().allocate("sum of layer " + layer, bytes))
                        .toList();
        this.pending = new Communicator.Pending[count];
    }

    /// @return a JSON object
    String measure() {
        double[] compute = new double[ROUNDS];
        double[] reduce = new double[ROUNDS];
        double[] inTurn = new double[ROUNDS];
        double[] overlapped = new double[ROUNDS];
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            int at = Math.max(0, round); // the first ones are overwritten
            compute[at] = timed(() -> layers.forEach(_ -> compute()));
            reduce[at] = timed(() -> IntStream.range(0, pending.length).forEach(this::reduce));
            inTurn[at] =
                    timed(() ->
                            IntStream.range(0, pending.length)
                                    .forEach(layer -> {
                                        compute();
                                        reduce(layer);
                                    }));
            overlapped[at] = timed(this::computeAndReduce);
        }
        double hidden = (Spread.median(inTurn) - Spread.median(overlapped)) / Spread.median(reduce);
        return String.format(
                Locale.ROOT,
                "{\"bench\": \"overlap\", \"world\": %d, \"spans\": %d, \"bytes\": %d, \"compute_ms\": %.2f,"
                        + " \"communication_ms\": %.2f, \"in_turn_ms\": %.2f, \"overlapped_ms\": %.2f,"
                        + " \"hidden\": %.2f, \"sink\": %.1f}",
                tree.shards(),
                pending.length,
                sums.getFirst().byteSize(),
                Spread.median(compute),
                Spread.median(reduce),
                Spread.median(inTurn),
                Spread.median(overlapped),
                hidden,
                arithmetic == 0 ? 0 : 1.0); // nothing may be left out
    }

    private double timed(Runnable work) {
        done(collective.barrier(PATIENT, next()));
        long begin = System.nanoTime();
        work.run();
        return (System.nanoTime() - begin) / 1e6;
    }

    private void reduce(int layer) {
        done(collective.allReduce(PATIENT, next(), tree, layers.get(layer), sums.get(layer)));
    }

    private void computeAndReduce() {
        for (int layer = 0; layer < pending.length; layer++) {
            compute();
            pending[layer] =
                    collective.begin(PATIENT, next(), tree, layers.get(layer), sums.get(layer), Format.FLOAT32);
        }
        for (Communicator.Pending operationOfLayer : pending) {
            done(operationOfLayer.await());
        }
    }

    private void compute() {
        double a = 1;
        double b = 1;
        for (long at = 0; at < FLOPS_OF_A_LAYER / 4; at++) {
            a = a * 0.999999 + 1;
            b = b * 0.999998 + 1;
        }
        arithmetic += a + b;
    }

    private Operation next() {
        return new Operation(1, operation++);
    }

    private static void done(Outcome outcome) {
        if (!(outcome instanceof Outcome.Done)) {
            throw new IllegalStateException(outcome.toString());
        }
    }
}
