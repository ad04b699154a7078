package dev.pando.training.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pando.training.model.Initialization;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.tensor.Golden;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScorerTest {
    private static final ModelConfig MODEL = new ModelConfig(61, 36, 2, 6, 2, 50, 1e4, 1e-5);

    private final Arena arena = Arena.ofShared();
    private final CpuOps ops = new CpuOps("test", 2);
    private final MemorySegment weights = weights(MODEL);

    @AfterEach
    void close() {
        ops.close();
        arena.close();
    }

    @Test
    void shouldAgreeWithTheFormulasInFloat64() {
        int[] tokens = tokens(3, 101); // four chunks, the last with five positions
        double[][] plain = new PlainModel(MODEL, weights).logProbabilities(tokens);

        Scorer.Scored scored = scorer(150).score(tokens, 1);

        for (int i = 1; i < tokens.length; i++) {
            // float32 logits of some 40: an ulp of them is 4e-6, through two layers of sums of 36 to 50 products
            assertThat(scored.logProbabilities()[i - 1])
                    .as("token %d", i)
                    .isCloseTo(plain[i - 1][tokens[i]], within(2e-4));
        }
        // the oracle adds with compensation
        assertThat(scored.sum()).isCloseTo(Arrays.stream(scored.logProbabilities()).sum(), within(1e-9));
    }

    @Test
    void shouldAgreeWithGoldenLogits() {
        Golden golden = Golden.open("model_gqa");
        var config = golden.facts().get("config");
        ModelConfig model =
                new ModelConfig(
                        config.get("vocab_size").asInt(),
                        config.get("hidden_size").asInt(),
                        config.get("num_layers").asInt(),
                        config.get("num_heads").asInt(),
                        config.get("num_kv_heads").asInt(),
                        config.get("intermediate_size").asInt(),
                        config.get("rope_theta").asDouble(),
                        config.get("rms_norm_eps").asDouble());
        TensorTable table = ModelTensors.table(model);
        MemorySegment trained = arena.allocate(table.bytes(), Memory.ALIGNMENT);
        for (TensorTable.Entry entry : table.entries()) {
            double[] values = golden.read("init/" + entry.name());
            for (int i = 0; i < values.length; i++) {
                entry.in(trained).setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) values[i]);
            }
        }
        int length = golden.facts().get("seq").asInt();
        double[] ids = golden.read("input_ids");
        int[] tokens = Arrays.stream(ids).limit(length).mapToInt(id -> (int) id).toArray();
        double[] logits = golden.read("step0/logits");

        Scorer.Scored scored = new Scorer(model, trained, length, ops, Memory.of(arena)).score(tokens, 1);

        for (int i = 1; i < length; i++) {
            double[] here = Arrays.copyOfRange(logits, (i - 1) * model.vocabulary(), i * model.vocabulary());
            double logSum = Math.log(Arrays.stream(here).map(Math::exp).sum());
            assertThat(scored.logProbabilities()[i - 1])
                    .as("token %d", i)
                    .isCloseTo(here[tokens[i]] - logSum, within(1e-5));
        }
    }

    @Test
    void shouldGiveTheSameBitsWhateverWasAskedBefore() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int[][] texts = new int[60][];
        for (int i = 0; i < texts.length; i++) {
            // many begin alike, for one to five chunks and within them
            int[] other = i == 0 ? tokens(seed, 90) : texts[random.nextInt(i)];
            int common = random.nextInt(other.length);
            int[] text = Arrays.copyOf(other, common + 2 + random.nextInt(60));
            for (int t = common; t < text.length; t++) {
                text[t] = random.nextInt(61);
            }
            texts[i] = Arrays.copyOf(text, Math.min(text.length, 180));
        }
        Scorer one = scorer(180);

        for (int i = 0; i < 200; i++) {
            int[] text = texts[random.nextInt(texts.length)];
            int from = 1 + random.nextInt(text.length - 1);

            Scorer.Scored scored = one.score(text, from);

            Scorer.Scored alone = scorer(180).score(text, from);
            Scorer.Scored whole = scorer(180).score(text, 1);
            assertThat(scored.logProbabilities()).as("seed %d, text %d", seed, i).isEqualTo(alone.logProbabilities());
            assertThat(scored.greedy()).isEqualTo(alone.greedy());
            assertThat(scored.logProbabilities())
                    .as("seed %d, text %d, from %d", seed, i, from)
                    .isEqualTo(Arrays.copyOfRange(whole.logProbabilities(), from - 1, text.length - 1));
        }
    }

    @Test
    void shouldGiveTheSameBitsForAnyNumberOfThreads() {
        int[] tokens = tokens(8, 120);
        double[] two = scorer(150).score(tokens, 1).logProbabilities();

        try (CpuOps single = new CpuOps("single", 1)) {
            double[] one =
                    new Scorer(MODEL, weights, 150, single, Memory.of(arena)).score(tokens, 1).logProbabilities();

            assertThat(one).isEqualTo(two);
        }
    }

    @Test
    void shouldFindAGeneratedTextGreedyAndAnotherOneNot() {
        int[] prompt = tokens(4, 40);
        int[] text =
                new Generator(MODEL, weights, 60, ops, Memory.of(arena))
                        .generate(prompt, 8, Sampling.greedy(), _ -> {});
        int[] all = Arrays.copyOf(prompt, 48);
        System.arraycopy(text, 0, all, 40, 8);
        int[] other = all.clone();
        other[44] = (other[44] + 1) % 61;
        Scorer scorer = scorer(60);

        assertThat(scorer.score(all, 40).greedy()).isTrue();
        assertThat(scorer.score(other, 40).greedy()).isFalse();
    }

    @Test
    void shouldGenerateTheSameTextAfterAnyOtherPrompt() {
        Generator one = new Generator(MODEL, weights, 150, ops, Memory.of(arena));
        for (int length : new int[] {70, 33, 64, 65, 1, 70, 69}) {
            int[] prompt = tokens(4, length); // all begin alike

            int[] text = one.generate(prompt, 20, Sampling.greedy(), _ -> {});

            assertThat(text)
                    .isEqualTo(
                            new Generator(MODEL, weights, 150, ops, Memory.of(arena))
                                    .generate(prompt, 20, Sampling.greedy(), _ -> {}));
        }
    }

    @Test
    void shouldRefuseWhatCannotBeScored() {
        Scorer scorer = scorer(20);

        assertThatThrownBy(() -> scorer.score(new int[] {1, 2}, 0)).hasMessageContaining("one must stand before them");
        assertThatThrownBy(() -> scorer.score(new int[] {1, 2}, 2)).hasMessageContaining("one must stand before them");
        assertThatThrownBy(() -> scorer.score(new int[22], 1))
                .hasMessage("a text of 22 tokens does not fit into a context of 20");
        assertThatThrownBy(() -> scorer.score(new int[] {1, 61}, 1)).hasMessage("no token 61 in a vocabulary of 61");
    }

    private Scorer scorer(int context) {
        return new Scorer(MODEL, weights, context, ops, Memory.of(arena));
    }

    private static int[] tokens(long seed, int length) {
        Random random = new Random(seed);
        return random.ints(length, 0, 61).toArray();
    }

    private MemorySegment weights(ModelConfig model) {
        TensorTable table = ModelTensors.table(model);
        MemorySegment span = arena.allocate(table.bytes(), Memory.ALIGNMENT);
        Initialization.fill(table, 5, span);
        for (long i = 0; i < table.length(); i++) {
            span.setAtIndex(ValueLayout.JAVA_FLOAT, i, 8 * span.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
        return span;
    }
}
