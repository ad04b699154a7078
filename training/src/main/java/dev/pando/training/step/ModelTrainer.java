package dev.pando.training.step;

import dev.pando.training.model.Initialization;
import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.objective.NextToken;
import dev.pando.training.objective.Objective;
import dev.pando.training.ops.AdamStep;
import dev.pando.training.ops.HostDeviceBuffer;
import dev.pando.training.ops.Ops;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// Pre-trains an InternLM2 model on one device: the [Trainer] that jobs run.
///
/// What decides its bits: model, recipe, plan, the sampler's tokens, the seed and the kind of device. All memory is
/// allocated when it is built; steps allocate a few small records.
public final class ModelTrainer implements Trainer {
    /// A gradient span that has been here before, cut into tensors.
    private record Cut(MemorySegment span, ModelTensors tensors) {}

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
    private static final long DIGEST_PRIME = 0x100000001B3L;
    private static final int DRY_RUN_STEPS = 2; // what the first needs, and what only those after an update do

    private final ModelConfig config;
    private final Recipe recipe;
    private final BatchPlan plan;
    private final Sampler sampler;
    private final Ops ops;
    private final TensorTable table;
    private final long[] bounds; // of the table's parts
    private final InternLm2 model;
    private final Objective objective;
    private final Sampler.Microbatch microbatch;
    private final Memory memory;
    private final HostDeviceBuffer weights;
    private final Moments moments;
    private final Optional<HostMoments> shardedMoments;
    private final HostDeviceBuffer total;
    private final ModelTensors weightTensors;
    private final List<Cut> cuts = new ArrayList<>();
    private MemorySegment gradientOnDevice; // where spans of the host are worked on; null until there is one
    private long step;
    private LossHistory history = LossHistory.EMPTY;

    /// Builds a replica with its initial weights and all moments.
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
        this(config, keeping, recipe, plan, sampler, ops, memory, false);
        initialize(seed);
    }

    /// Builds one that has memory for the moments of those spans only that it is told to hold: at first none.
    ///
    /// @param ops of the host, see [Ops#hostMemory]
    public static ModelTrainer sharded(
            ModelConfig config,
            Keeping keeping,
            Recipe recipe,
            BatchPlan plan,
            Sampler sampler,
            long seed,
            Ops ops,
            Memory memory) {
        ModelTrainer trainer = new ModelTrainer(config, keeping, recipe, plan, sampler, ops, memory, true);
        trainer.initialize(seed);
        return trainer;
    }

    private void initialize(long seed) {
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
            Memory memory,
            boolean sharded) {
        this.config = config;
        this.recipe = recipe;
        this.plan = plan;
        this.sampler = sampler;
        this.ops = ops;
        this.table = ModelTensors.table(config);
        this.bounds = table.bounds();
        this.memory = memory;
        this.weights = new HostDeviceBuffer("weights", table.bytes(), ops, memory);
        List<Moments.Run> runs = Moments.Run.of(table, recipe.decayNorms());
        this.shardedMoments =
                sharded ? Optional.of(new HostMoments(SpanCut.of(table), weights.device(), memory)) : Optional.empty();
        this.moments =
                shardedMoments
                        .<Moments>map(held -> new SpanMoments(runs, weights.device(), held, ops))
                        .orElseGet(() -> new WholeMoments(table, runs, weights.device(), ops, memory));
        this.total = new HostDeviceBuffer("loss and tokens", Memory.ALIGNMENT, ops, memory);
        this.model = new InternLm2(config, plan.rows(), plan.length(), keeping, ops, memory);
        this.objective = new NextToken(config, model.hidden(), ops, memory);
        this.microbatch =
                new Sampler.Microbatch(
                        plan.rows(),
                        plan.length(),
                        model.tokens().ids(),
                        model.tokens().labels(),
                        model.tokens().documents());
        this.weightTensors = ModelTensors.of(table, config, weights.device());
        ops.holdsWeights(weights.device());
    }

    /// Dry-runs a replica's first steps on operators that compute nothing, to count the memory that they ask for.
    public static void dryRun(
            ModelConfig config, Keeping keeping, Recipe recipe, BatchPlan plan, Ops ops, Memory memory) {
        dryRun(new ModelTrainer(config, keeping, recipe, plan, new NoTokens(), ops, memory, false));
    }

    /// The same of a replica that holds its share of the moments.
    ///
    /// @param copies of each span
    /// @param workers that share them
    public static void dryRunSharded(
            ModelConfig config,
            Keeping keeping,
            Recipe recipe,
            BatchPlan plan,
            Ops ops,
            Memory memory,
            int copies,
            int workers) {
        ModelTrainer trainer = new ModelTrainer(config, keeping, recipe, plan, new NoTokens(), ops, memory, true);
        HostMoments shared = trainer.shardedMoments.orElseThrow();
        SpanCut cut = shared.cut();
        int share = Math.ceilDiv(cut.spans() * Math.min(copies, workers), workers);
        SortedSet<Integer> largest = new TreeSet<>();
        cut.all().stream().sorted(Comparator.comparingLong(cut::length).reversed()).limit(share).forEach(largest::add);
        shared.hold(largest);
        dryRun(trainer);
    }

    private static void dryRun(ModelTrainer trainer) {
        MemorySegment gradient = MemorySegment.NULL.reinterpret(trainer.table.bytes()); // the host's, as a job's are
        ShardLoss any = new ShardLoss(1, 1);
        for (int step = 0; step < DRY_RUN_STEPS; step++) {
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
            ops.repeat(cut, () -> lossAndGradient(cut.tensors));
        }
        if (!worked.equals(gradient)) {
            ops.copy(worked, gradient);
        }
        total.toHost();
        ops.finish();
        MemorySegment sums = total.host();
        return new ShardLoss(sums.get(ValueLayout.JAVA_DOUBLE, 0), sums.get(ValueLayout.JAVA_LONG, Double.BYTES));
    }

    private void lossAndGradient(ModelTensors gradient) {
        model.forward(weightTensors);
        objective.lossAndGradient(weightTensors, gradient, total.device());
        model.backward(weightTensors, gradient);
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
        double norm = gradientNorm(sum, total);
        long digest = 0;
        for (long ofPart : ops.digests(sum, bounds)) {
            digest = digest * DIGEST_PRIME + ofPart;
        }
        return new Examined(norm, digest);
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
        moments.update(sum, decayed, plain);
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
    public Optional<ShardedMoments> shardedMoments() {
        return shardedMoments.map(held -> held);
    }

    @Override
    public TrainerState state() {
        List<TrainerState.Span> spans = new ArrayList<>();
        weights.toHost();
        moments.toHost();
        ops.finish();
        WholeState.addSpans(spans, table, "", weights.host());
        moments.addTo(spans);
        return new TrainerState(step, history, spans);
    }

    @Override
    public void restored(long step, LossHistory history) {
        weights.toDevice();
        moments.toDevice();
        ops.finish();
        this.step = step;
        this.history = history;
    }

    @Override
    public void close() {
        ops.close();
    }

    /// 2-norm of the mean gradient: a sum for each part, so that a device that holds a part alone can form it, and
    /// these in the order of the parts.
    private double gradientNorm(MemorySegment gradientSum, ShardLoss total) {
        double squares = 0;
        for (double ofPart : ops.squaredNorms(gradientSum, bounds)) {
            squares += ofPart;
        }
        return Math.sqrt(squares) / total.tokens();
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
            cuts.clear(); // a caller with fresh spans at every step pays for it
        }
        Cut cut = new Cut(span, ModelTensors.of(table, config, span));
        cuts.add(cut);
        return cut;
    }
}
