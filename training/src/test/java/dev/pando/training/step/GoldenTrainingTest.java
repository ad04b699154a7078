package dev.pando.training.step;

import static dev.pando.training.tensor.Numbers.assertNear;
import static dev.pando.training.tensor.Numbers.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.tensor.Golden;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Three whole training steps against golden numbers that independent float64 code gave, at the tolerances they state.
class GoldenTrainingTest {
    private static final double LOGITS = 1e-5;
    private static final double LOSS = 2e-6;
    private static final double GRADIENT = 4e-5;
    private static final double GRADIENT_NORM = 1e-5;
    private static final double UPDATE_RMS = 5e-3;
    private static final double UPDATE_MAX = 0.3;

    @ParameterizedTest
    @CsvSource({
        "model_gqa, false", "model_packed, false", "model_odd, false", "model_tiles, false",
        "model_gqa, true", "model_packed, true", "model_odd, true", "model_tiles, true",
    })
    void shouldTrainLikeTheGoldenModel(String name, boolean recompute) {
        Golden golden = Golden.open(name);
        ModelConfig model = model(golden.facts().get("config"));
        Recipe recipe = recipe(golden.facts().get("hyperparameters"));
        int rows = golden.facts().get("batch").asInt();
        int length = golden.facts().get("seq").asInt();
        BatchPlan plan = new BatchPlan(1, 1, rows, length);
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer =
                        new ModelTrainer(
                                model,
                                new Keeping(recompute, false),
                                recipe,
                                plan,
                                new GoldenSampler(golden),
                                1,
                                new CpuOps("golden", 2),
                                Memory.of(arena))) {
            start(trainer, golden);
            MemorySegment gradient = arena.allocate(trainer.table().bytes(), Memory.ALIGNMENT);
            checkLogits(golden, model, trainer, rows, length, arena);

            double rates = 0;
            for (int step = 0; step < golden.facts().get("steps").asInt(); step++) {
                Trainer.ShardLoss loss = trainer.compute(0, gradient);
                if (step == 0) {
                    checkGradients(golden, trainer.table(), gradient, loss.tokens());
                }
                Trainer.Committed committed = trainer.apply(gradient, loss);

                double goldenNorm = golden.read("step" + step + "/grad_norm")[0];
                assertNear("loss", new double[] {committed.loss()}, golden.read("step" + step + "/loss"), LOSS);
                assertThat(committed.gradientNorm()).isCloseTo(goldenNorm, within(goldenNorm * GRADIENT_NORM));
                assertThat(committed.learningRate())
                        .isCloseTo(golden.facts().get("lrs").get(step).asDouble(), within(1e-15));
                rates += committed.learningRate();
            }
            checkUpdates(golden, trainer, rates);
        }
    }

    private static void start(ModelTrainer trainer, Golden golden) {
        for (TrainerState.Span span : trainer.state().spans()) {
            if (!span.name().startsWith("exp_avg")) {
                double[] initial = golden.read("init/" + span.name());
                for (int i = 0; i < initial.length; i++) {
                    span.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) initial[i]);
                }
            }
        }
        trainer.restored(0, LossHistory.EMPTY);
    }

    private static void checkLogits(
            Golden golden, ModelConfig model, ModelTrainer trainer, int rows, int length, Arena arena) {
        try (CpuOps ops = new CpuOps("logits", 1)) {
            InternLm2 forward = new InternLm2(model, rows, length, Keeping.ALL, ops, Memory.of(arena));
            InternLm2.Tokens input = forward.tokens();
            new GoldenSampler(golden)
                    .fetch(0, 0, new Sampler.Microbatch(rows, length, input.ids(), input.labels(), input.documents()));
            MemorySegment weights = arena.allocate(trainer.table().bytes(), Memory.ALIGNMENT);
            trainer.state().spans().stream()
                    .filter(span -> !span.name().startsWith("exp_avg"))
                    .forEach(span -> trainer.table().get(span.name()).in(weights).copyFrom(span.data()));
            int elements = rows * length * model.vocabulary();
            MemorySegment logits = arena.allocate(elements * 4L, Memory.ALIGNMENT);

            forward.logits(ModelTensors.of(trainer.table(), model, weights), logits);

            assertNear("logits", read(logits, elements), golden.read("step0/logits"), LOGITS);
        }
    }

    private static void checkGradients(Golden golden, TensorTable table, MemorySegment gradient, long tokens) {
        for (TensorTable.Entry entry : table.entries()) {
            double[] mean = read(entry.in(gradient), (int) entry.length());
            for (int i = 0; i < mean.length; i++) {
                mean[i] /= tokens;
            }
            assertNear(entry.name(), mean, golden.read("step0/grad/" + entry.name()), GRADIENT);
        }
    }

    private static void checkUpdates(Golden golden, ModelTrainer trainer, double rates) {
        for (TrainerState.Span span : trainer.state().spans()) {
            if (span.name().startsWith("exp_avg")) {
                continue;
            }
            double[] initial = golden.read("init/" + span.name());
            double[] expected = golden.read("after3/weight/" + span.name());
            double[] actual = read(span.data(), expected.length);
            double error = 0;
            double update = 0;
            for (int i = 0; i < expected.length; i++) {
                assertThat(Math.abs(actual[i] - expected[i])).as(span.name()).isLessThan(UPDATE_MAX * rates);
                error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
                update += (expected[i] - initial[i]) * (expected[i] - initial[i]);
            }
            assertThat(Math.sqrt(error)).as(span.name()).isLessThan(UPDATE_RMS * Math.sqrt(update));
        }
    }

    private static ModelConfig model(JsonNode c) {
        return new ModelConfig(
                c.get("vocab_size").asInt(),
                c.get("hidden_size").asInt(),
                c.get("num_layers").asInt(),
                c.get("num_heads").asInt(),
                c.get("num_kv_heads").asInt(),
                c.get("intermediate_size").asInt(),
                c.get("rope_theta").asDouble(),
                c.get("rms_norm_eps").asDouble());
    }

    private static Recipe recipe(JsonNode h) {
        return new Recipe(
                h.get("total_steps").asLong(),
                h.get("lr").asDouble(),
                h.get("min_lr").asDouble() / h.get("lr").asDouble(),
                h.get("warmup_steps").asLong(),
                h.get("beta1").asDouble(),
                h.get("beta2").asDouble(),
                h.get("eps").asDouble(),
                h.get("weight_decay").asDouble(),
                h.get("decay_norms").asBoolean(),
                h.get("max_grad_norm").asDouble());
    }

    /// One golden batch per step; documents are told apart by their numbers.
    private static final class GoldenSampler implements Sampler {
        private final double[] ids;
        private final double[] labels;
        private final double[] documents;

        GoldenSampler(Golden golden) {
            ids = golden.read("input_ids");
            labels = golden.read("labels");
            documents = golden.read("doc_ids");
        }

        @Override
        public void fetch(long step, long microbatch, Microbatch into) {
            int n = into.rows() * into.length();
            int start = 0;
            for (int i = 0; i < n; i++) {
                int from = (int) step * n + i;
                int t = i % into.length();
                if (t == 0 || documents[from] != documents[from - 1]) {
                    start = t;
                }
                into.ids().setAtIndex(ValueLayout.JAVA_INT, i, (int) ids[from]);
                into.labels().setAtIndex(ValueLayout.JAVA_INT, i, (int) labels[from]);
                into.documents().setAtIndex(ValueLayout.JAVA_INT, i, start);
            }
        }

        @Override
        public String digest() {
            return "golden";
        }
    }
}
