package dev.pando.training.step;

import dev.pando.training.grid.Action;
import dev.pando.training.grid.GridModel;
import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.HostDeviceBuffer;
import dev.pando.training.ops.Ops;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.SumTree;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// A model that a grid cuts, all cells of which are computed here: the reference of all layouts.
///
/// Every leaf, a sequence chunk of the batch shard, has a gradient span and a loss; they are added along the tree over
/// chunks. There being a power of two of them, that is a node of the tree over all leaves of the step.
final class GridReplica implements Replica {
    private final ModelConfig config;
    private final TensorTable table;
    private final Ops ops;
    private final GridModel model;
    private final Sampler.Microbatch input;
    private final ModelTensors weights;
    private final List<MemorySegment> laterLeaves = new ArrayList<>(); // gradients of all leaves but the first
    private final List<HostDeviceBuffer> totals = new ArrayList<>();
    private final List<SumTree.Addition> overLeaves;
    private MemorySegment first; // null before the first begins; a dry run begins at address 0

    /// @param weights of the whole table, on the device
    /// @throws IllegalArgumentException if a cut model cannot keep its activations like that
    GridReplica(
            ModelConfig config,
            Keeping keeping,
            BatchPlan plan,
            TensorTable table,
            MemorySegment weights,
            Ops ops,
            Memory memory) {
        if (!keeping.equals(Keeping.ALL)) {
            throw new IllegalArgumentException(
                    "tensor-shards and sequence-chunks above 1 need recompute = false and activations = float32");
        }
        int chunks = plan.grid().sequenceChunks();
        this.config = config;
        this.table = table;
        this.ops = ops;
        this.model = new GridModel(config, plan.grid(), plan.rows(), plan.length(), ops, memory);
        InternLm2.Tokens tokens = model.tokens();
        this.input =
                new Sampler.Microbatch(plan.rows(), plan.length(), tokens.ids(), tokens.labels(), tokens.documents());
        this.weights = ModelTensors.of(table, config, weights);
        for (int chunk = 0; chunk < chunks; chunk++) {
            totals.add(new HostDeviceBuffer("loss and tokens, chunk " + chunk, Memory.ALIGNMENT, ops, memory));
            if (chunk > 0) {
                laterLeaves.add(memory.allocate("gradients: chunk " + chunk, table.bytes()));
            }
        }
        this.overLeaves = SumTree.intoFirst(chunks, 0, chunks);
    }

    @Override
    public Sampler.Microbatch input() {
        return input;
    }

    @Override
    public void begin(MemorySegment gradient) {
        if (first == null || !gradient.equals(first) || !gradient.scope().equals(first.scope())) {
            first = gradient;
            List<ModelTensors> leaves = new ArrayList<>();
            for (int chunk = 0; chunk < totals.size(); chunk++) {
                leaves.add(ModelTensors.of(table, config, leaf(chunk)));
            }
            model.bind(weights, leaves, totals.stream().map(HostDeviceBuffer::device).toList());
        }
        for (int chunk = 0; chunk < totals.size(); chunk++) {
            ops.zero(leaf(chunk));
            ops.zero(totals.get(chunk).device());
        }
    }

    @Override
    public void add() {
        model.begin();
        for (Action action : model.actions()) {
            model.run(action);
        }
    }

    @Override
    public void end() {
        for (SumTree.Addition sum : overLeaves) {
            ops.add(leaf(sum.target()), leaf(sum.source()), table.length());
        }
        totals.forEach(HostDeviceBuffer::toHost);
    }

    @Override
    public ShardLoss loss() {
        List<ShardLoss> losses = new ArrayList<>();
        for (HostDeviceBuffer total : totals) {
            MemorySegment sums = total.host();
            losses.add(
                    new ShardLoss(sums.get(ValueLayout.JAVA_DOUBLE, 0), sums.get(ValueLayout.JAVA_LONG, Double.BYTES)));
        }
        return ShardSums.treeSum(new ShardTree(losses.size()), losses::get);
    }

    private MemorySegment leaf(int chunk) {
        return chunk == 0 ? first : laterLeaves.get(chunk - 1);
    }
}
