package dev.pando.training.step;

import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.objective.NextToken;
import dev.pando.training.objective.Objective;
import dev.pando.training.ops.HostDeviceBuffer;
import dev.pando.training.ops.Ops;
import dev.pando.training.step.Trainer.ShardLoss;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// A model that nothing cuts.
final class WholeReplica implements Replica {
    /// A gradient span that has been here before, cut into tensors.
    private record Cut(MemorySegment span, ModelTensors tensors) {}

    private static final int CUTS_KEPT = 32;

    private final ModelConfig config;
    private final TensorTable table;
    private final Ops ops;
    private final InternLm2 model;
    private final Objective objective;
    private final Sampler.Microbatch input;
    private final HostDeviceBuffer total;
    private final ModelTensors weights;
    private final List<Cut> cuts = new ArrayList<>();
    private Cut gradient;

    /// @param weights of the whole table, on the device
    WholeReplica(
            ModelConfig config,
            Keeping keeping,
            BatchPlan plan,
            TensorTable table,
            MemorySegment weights,
            Ops ops,
            Memory memory) {
        this.config = config;
        this.table = table;
        this.ops = ops;
        this.total = new HostDeviceBuffer("loss and tokens", Memory.ALIGNMENT, ops, memory);
        this.model = new InternLm2(config, plan.rows(), plan.length(), keeping, ops, memory);
        this.objective = new NextToken(config, model.hidden(), ops, memory);
        InternLm2.Tokens tokens = model.tokens();
        this.input =
                new Sampler.Microbatch(plan.rows(), plan.length(), tokens.ids(), tokens.labels(), tokens.documents());
        this.weights = ModelTensors.of(table, config, weights);
    }

    @Override
    public Sampler.Microbatch input() {
        return input;
    }

    @Override
    public void begin(MemorySegment span) {
        gradient = cut(span);
        ops.zero(span);
        ops.zero(total.device());
    }

    @Override
    public void add() {
        Cut into = gradient;
        ops.repeat(into, () -> lossAndGradient(into.tensors));
    }

    private void lossAndGradient(ModelTensors into) {
        model.forward(weights);
        objective.lossAndGradient(weights, into, total.device());
        model.backward(weights, into);
    }

    @Override
    public void end() {
        total.toHost();
    }

    @Override
    public ShardLoss loss() {
        MemorySegment sums = total.host();
        return new ShardLoss(sums.get(ValueLayout.JAVA_DOUBLE, 0), sums.get(ValueLayout.JAVA_LONG, Double.BYTES));
    }

    private Cut cut(MemorySegment span) {
        for (Cut cut : cuts) {
            if (cut.span.equals(span) && cut.span.scope().equals(span.scope())) {
                return cut;
            }
        }
        if (cuts.size() == CUTS_KEPT) {
            cuts.clear(); // a caller with fresh spans at every step pays for it
        }
        Cut cut = new Cut(span, ModelTensors.of(table, config, span));
        cuts.add(cut);
        return cut;
    }
}
