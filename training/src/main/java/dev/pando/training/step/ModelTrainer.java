package dev.pando.training.step;

import dev.pando.training.model.Initialization;
import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.Mirrored;
import dev.pando.training.ops.Ops;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Pre-trains an InternLM2 model on one device: the [Trainer] that jobs run.
///
/// What decides its bits: model, recipe, plan, the sampler's tokens, the seed and the kind of device. All memory is
/// allocated when it is built; steps allocate a few small records.
public final class ModelTrainer implements Trainer {
    /// A gradient span that has been here before, cut into tensors and into runs of the optimizer.
    private record Cut(MemorySegment span, ModelTensors tensors, List<MemorySegment> runs) {}

    /// Neighbouring tensors that the optimizer treats alike; padding between them is 0 and stays so.
    private record Run(long offset, long elements, boolean decayed) {
        MemorySegment in(MemorySegment span) {
            return span.asSlice(offset * Float.BYTES, elements * Float.BYTES);
        }
    }

    /// What a rehearsal trains on.
    private record NoTokens() implements Sampler {
        @Override
        public void fetch(long step, long microbatch, Microbatch into) {}

        @Override
        public String digest() {
            return "";
        }
    }

    private static final int CUTS_KEPT = 32;
    private static final int REHEARSED_STEPS = 2; // what the first needs, and what only those after an update do

    private final ModelConfig config;
    private final Recipe recipe;
    private final BatchPlan plan;
    private final Sampler sampler;
    private final Ops ops;
    private final TensorTable table;
    private final InternLm2 model;
    private final Sampler.Microbatch microbatch;
    private final Memory memory;
    private final Mirrored weights;
    private final Mirrored firstMoments;
    private final Mirrored secondMoments;
    private final Mirrored total;
    private final ModelTensors weightTensors;
    private final List<Run> runs;
    private final List<MemorySegment> weightRuns;
    private final List<MemorySegment> firstRuns;
    private final List<MemorySegment> secondRuns;
    private final List<Cut> cuts = new ArrayList<>();
    private MemorySegment gradientOnDevice; // where spans of the host are worked on; null until there is one
    private long step;
    private LossHistory history = LossHistory.EMPTY;

    /// Builds a replica with its initial weights.
    ///
    /// @param keeping what the forward pass keeps for the backward pass, and how
    /// @param seed of the initial weights
    /// @param ops closed with the trainer
    /// @param memory in which the operators work, and where state and activations live; outlives the trainer
    public ModelTrainer(
            ModelConfig config,
            Keeping keeping,
            Recipe recipe,
            BatchPlan plan,
            Sampler sampler,
            long seed,
            Ops ops,
            Memory memory) {
        this(config, keeping, recipe, plan, sampler, ops, memory);
        Initialization.fill(table, seed, weights.host());
        weights.toDevice();
        ops.finish();
    }

    /// One whose weights are 0.
    private ModelTrainer(
            ModelConfig config,
            Keeping keeping,
            Recipe recipe,
            BatchPlan plan,
            Sampler sampler,
            Ops ops,
            Memory memory) {
        this.config = config;
        this.recipe = recipe;
        this.plan = plan;
        this.sampler = sampler;
        this.ops = ops;
        this.table = ModelTensors.table(config);
        this.memory = memory;
        this.weights = new Mirrored("weights", table.bytes(), ops, memory);
        this.firstMoments = new Mirrored("moments: first", table.bytes(), ops, memory);
        this.secondMoments = new Mirrored("moments: second", table.bytes(), ops, memory);
        this.total = new Mirrored("loss and tokens", Memory.ALIGNMENT, ops, memory);
        this.model = new InternLm2(config, plan.rows(), plan.length(), keeping, ops, memory);
        this.microbatch =
                new Sampler.Microbatch(
                        plan.rows(),
                        plan.length(),
                        model.tokens().ids(),
                        model.tokens().labels(),
                        model.tokens().documents());
        this.weightTensors = ModelTensors.of(table, config, weights.device());
        this.runs = runs(table, recipe.decayNorms());
        this.weightRuns = runs.stream().map(run -> run.in(weights.device())).toList();
        this.firstRuns = runs.stream().map(run -> run.in(firstMoments.device())).toList();
        this.secondRuns = runs.stream().map(run -> run.in(secondMoments.device())).toList();
        ops.holdsWeights(weights.device());
    }

    /// Goes through a replica's first steps on operators that compute nothing, so that they count what they are asked
    /// for: tokens are none, weights are 0, and of spans nobody looks into more than the loss.
    public static void rehearse(
            ModelConfig config, Keeping keeping, Recipe recipe, BatchPlan plan, Ops ops, Memory memory) {
        ModelTrainer trainer = new ModelTrainer(config, keeping, recipe, plan, new NoTokens(), ops, memory);
        MemorySegment gradient = MemorySegment.NULL.reinterpret(trainer.table.bytes()); // the host's, as a job's are
        ShardLoss any = new ShardLoss(1, 1);
        for (int step = 0; step < REHEARSED_STEPS; step++) {
            trainer.compute(0, gradient);
            trainer.examine(gradient, any);
            trainer.apply(gradient, any);
        }
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public TensorTable table() {
        return table;
    }

    @Override
    public ShardLoss compute(int shard, MemorySegment gradient) {
        if (shard < 0 || shard >= plan.shards()) {
            throw new IllegalArgumentException("no batch shard " + shard + " among " + plan.shards());
        }
        MemorySegment worked = onDevice(gradient);
        Cut cut = cut(worked);
        ops.zero(worked);
        ops.zero(total.device());
        for (int i = 0; i < plan.microbatches(); i++) {
            if (i > 0) {
                ops.finish(); // the tokens before have been taken
            }
            sampler.fetch(step, (long) shard * plan.microbatches() + i, microbatch);
            ops.repeat(cut, () -> model.lossAndGradient(weightTensors, cut.tensors, total.device()));
        }
        if (!worked.equals(gradient)) {
            ops.copy(worked, gradient);
        }
        total.toHost();
        ops.finish();
        MemorySegment sums = total.host();
        return new ShardLoss(sums.get(ValueLayout.JAVA_DOUBLE, 0), sums.get(ValueLayout.JAVA_LONG, Double.BYTES));
    }

    @Override
    public void add(MemorySegment sum, MemorySegment other) {
        if (ops.reaches(sum) && ops.reaches(other)) {
            ops.add(sum, other, table.length());
        } else {
            Trainer.super.add(sum, other);
        }
    }

    @Override
    public Examined examine(MemorySegment gradientSum, ShardLoss total) {
        MemorySegment sum = toDevice(gradientSum);
        return new Examined(gradientNorm(sum, total), ops.digest(sum, table.length()));
    }

    @Override
    public Committed apply(MemorySegment gradientSum, ShardLoss total) {
        MemorySegment sum = toDevice(gradientSum);
        double norm = gradientNorm(sum, total);
        double clip = Math.min(1, recipe.maxGradientNorm() / (norm + 1e-6));
        double learningRate = recipe.learningRate(step);
        AdamStep decayed =
                new AdamStep(
                        learningRate,
                        recipe.beta1(),
                        recipe.beta2(),
                        recipe.epsilon(),
                        recipe.weightDecay(),
                        clip / total.tokens(),
                        step + 1);
        AdamStep plain = decayed.withWeightDecay(0);
        Cut cut = cut(sum);
        for (int i = 0; i < runs.size(); i++) {
            ops.adamw(
                    weightRuns.get(i),
                    cut.runs.get(i),
                    firstRuns.get(i),
                    secondRuns.get(i),
                    runs.get(i).elements,
                    runs.get(i).decayed ? decayed : plain);
        }
        ops.finish();
        history = history.then(step, total.loss(), norm);
        return new Committed(step++, total.loss(), norm, learningRate, total.tokens());
    }

    @Override
    public Committed skip() {
        history = history.skipping(step);
        return Committed.skipped(step, recipe.learningRate(step++));
    }

    @Override
    public LossHistory history() {
        return history;
    }

    @Override
    public TrainerState state() {
        List<TrainerState.Span> spans = new ArrayList<>();
        for (Mirrored span : List.of(weights, firstMoments, secondMoments)) {
            span.toHost();
        }
        ops.finish();
        addSpans("", weights.host(), spans);
        addSpans("exp_avg/", firstMoments.host(), spans);
        addSpans("exp_avg_sq/", secondMoments.host(), spans);
        return new TrainerState(step, history, spans);
    }

    @Override
    public void restored(long step, LossHistory history) {
        for (Mirrored span : List.of(weights, firstMoments, secondMoments)) {
            span.toDevice();
        }
        ops.finish();
        this.step = step;
        this.history = history;
    }

    @Override
    public void close() {
        ops.close();
    }

    /// 2-norm of the mean gradient.
    private double gradientNorm(MemorySegment gradientSum, ShardLoss total) {
        return Math.sqrt(ops.squaredNorm(gradientSum, table.length())) / total.tokens();
    }

    private MemorySegment onDevice(MemorySegment span) {
        if (span.byteSize() != table.bytes()) {
            throw new IllegalArgumentException(
                    "a gradient span of " + span.byteSize() + " bytes where the model has " + table.bytes());
        }
        if (ops.reaches(span)) {
            return span;
        }
        if (gradientOnDevice == null) {
            gradientOnDevice = memory.allocate("gradients", table.bytes());
        }
        return gradientOnDevice;
    }

    private MemorySegment toDevice(MemorySegment span) {
        MemorySegment worked = onDevice(span);
        if (!worked.equals(span)) {
            ops.copy(span, worked);
        }
        return worked;
    }

    private Cut cut(MemorySegment span) {
        for (Cut cut : cuts) {
            if (cut.span.equals(span) && cut.span.scope().equals(span.scope())) {
                return cut;
            }
        }
        if (cuts.size() == CUTS_KEPT) {
            cuts.clear(); // whoever hands in fresh spans all the time pays for it
        }
        Cut cut = new Cut(span, ModelTensors.of(table, config, span), runs.stream().map(run -> run.in(span)).toList());
        cuts.add(cut);
        return cut;
    }

    private void addSpans(String prefix, MemorySegment span, List<TrainerState.Span> spans) {
        for (TensorTable.Entry entry : table.entries()) {
            spans.add(new TrainerState.Span(prefix + entry.name(), entry.shape(), entry.in(span)));
        }
    }

    private static List<Run> runs(TensorTable table, boolean decayNorms) {
        List<Run> runs = new ArrayList<>();
        for (TensorTable.Entry entry : table.entries()) {
            boolean decayed = entry.shape().size() > 1 || decayNorms;
            long end = entry.offset() + entry.length();
            if (!runs.isEmpty() && runs.getLast().decayed == decayed) {
                long start = runs.removeLast().offset;
                runs.add(new Run(start, end - start, decayed));
            } else {
                runs.add(new Run(entry.offset(), entry.length(), decayed));
            }
        }
        return List.copyOf(runs);
    }
}
