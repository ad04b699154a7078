package dev.pando.training.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.model.Initialization;
import dev.pando.training.model.InternLm2;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.model.RopeScaling;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Numbers;
import dev.pando.training.tensor.TensorTable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GeneratorTest {
    private static final ModelConfig MODEL = new ModelConfig(61, 36, 2, 6, 2, 50, 1e4, 1e-5);
    private static final int CONTEXT = 150;

    private final Arena arena = Arena.ofShared();
    private final CpuOps ops = new CpuOps("test", 2);
    private final TensorTable table = ModelTensors.table(MODEL);
    private final MemorySegment weights = arena.allocate(table.bytes(), Memory.ALIGNMENT);
    private final Generator generator;

    GeneratorTest() {
        Initialization.fill(table, 5, weights);
        // an untrained model is nearly indifferent; larger weights make its choices plain
        for (long i = 0; i < table.length(); i++) {
            weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, 8 * weights.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
        generator = new Generator(MODEL, weights, CONTEXT, ops, Memory.of(arena));
    }

    @AfterEach
    void close() {
        ops.close();
        arena.close();
    }

    @Test
    void shouldPickWithACacheWhatIsBestWithoutOne() {
        int[] prompt = IntStream.range(0, 70).map(i -> i * 7 % 61).toArray(); // more than one chunk

        int[] text = generator.generate(prompt, 40, Sampling.greedy(), _ -> {});

        int[] all = Arrays.copyOf(prompt, prompt.length + text.length);
        System.arraycopy(text, 0, all, prompt.length, text.length);
        double[] logits = logits(all);
        for (int i = 0; i < text.length; i++) {
            int position = prompt.length + i - 1;
            double[] here = Arrays.copyOfRange(logits, position * 61, position * 61 + 61);
            assertThat(text[i])
                    .as("token %d", i)
                    .isEqualTo(IntStream.range(0, 61).reduce((a, b) -> here[b] > here[a] ? b : a).orElseThrow());
        }
        assertThat(Arrays.stream(text).distinct().count()).isGreaterThan(3);
    }

    /// The oracle is a model without scaling that has the grown base from the start (InternLM2 report, section 3.1).
    @Test
    void shouldTurnAPromptAndItsTextByTheBaseOfThePromptsLengthAlone() {
        ModelConfig scaled = new ModelConfig(61, 36, 2, 6, 2, 50, 1e4, 1e-5, new RopeScaling.Dynamic(2, 32));
        Generator dynamic = new Generator(scaled, weights, CONTEXT, ops, Memory.of(arena));

        for (int length : new int[] {70, 120, 20, 70, 71}) { // a longer prompt leaves nothing behind
            int[] prompt = IntStream.range(0, length).map(i -> i * 7 % 61).toArray();
            double base = length > 32 ? 1e4 * StrictMath.pow(2.0 * length / 32 - 1, 6 / 4.0) : 1e4; // heads of 6
            ModelConfig grown = new ModelConfig(61, 36, 2, 6, 2, 50, base, 1e-5);

            assertThat(dynamic.generate(prompt, 30, Sampling.greedy(), _ -> {}))
                    .as("prompt of %d tokens", length)
                    .isEqualTo(
                            new Generator(grown, weights, CONTEXT, ops, Memory.of(arena))
                                    .generate(prompt, 30, Sampling.greedy(), _ -> {}));
        }
    }

    @Test
    void shouldGiveTheSameTextForTheSameSeedOnly() {
        int[] prompt = {1, 2, 3};
        Sampling sampling = new Sampling(2.0, 0.95, 77, List.of());
        List<Integer> streamed = new ArrayList<>();

        int[] text = generator.generate(prompt, 50, sampling, streamed::add);

        assertThat(generator.generate(prompt, 50, sampling, _ -> {})).isEqualTo(text);
        assertThat(streamed).isEqualTo(Arrays.stream(text).boxed().toList());
        assertThat(generator.generate(prompt, 50, new Sampling(2.0, 0.95, 78, List.of()), _ -> {})).isNotEqualTo(text);
    }

    @Test
    void shouldEndBeforeAStopToken() {
        int[] prompt = {4, 5};
        int[] text = generator.generate(prompt, 30, Sampling.greedy(), _ -> {});
        int stop = text[9];
        int first = IntStream.range(0, 30).filter(i -> text[i] == stop).findFirst().orElseThrow();

        int[] stopped = generator.generate(prompt, 30, Sampling.greedy(stop), _ -> {});

        assertThat(stopped).isEqualTo(Arrays.copyOf(text, first));
    }

    @Test
    void shouldSampleOnlyFromTheNucleus() {
        TokenPicker picker = new TokenPicker(4);
        MemorySegment logits = Numbers.span(arena, Math.log(0.1), Math.log(0.5), Math.log(0.3), Math.log(0.1));
        int[] counts = new int[4];

        for (int i = 0; i < 20_000; i++) {
            counts[picker.pick(logits, new Sampling(1, 0.75, 3, List.of()), i)]++;
        }

        assertThat(counts[0] + counts[3]).isZero();
        // 5 : 3, with a deviation of 70
        assertThat(counts[1]).isBetween(12_500 - 350, 12_500 + 350);
    }

    @Test
    void shouldSampleAsTheProbabilitiesSayWhereAllTokensCount() {
        TokenPicker picker = new TokenPicker(3);
        MemorySegment logits = Numbers.span(arena, 0, Math.log(2), Math.log(7));
        int[] counts = new int[3];

        for (int i = 0; i < 20_000; i++) {
            counts[picker.pick(logits, new Sampling(1, 1, 9, List.of()), i)]++;
        }

        assertThat(counts[0]).isBetween(2000 - 220, 2000 + 220); // five deviations
        assertThat(counts[1]).isBetween(4000 - 290, 4000 + 290);
    }

    @Test
    void shouldRefuseWhatDoesNotFit() {
        assertThatThrownBy(() -> generator.generate(new int[100], 51, Sampling.greedy(), _ -> {}))
                .hasMessage("a prompt of 100 tokens and 51 new ones do not fit into a context of 150");
        assertThatThrownBy(() -> generator.generate(new int[0], 5, Sampling.greedy(), _ -> {}))
                .hasMessageStartingWith("a prompt needs at least one token");
        assertThatThrownBy(() -> new Sampling(-1, 1, 0, List.of()))
                .hasMessage("temperature must be at least 0, not -1.0");
        assertThatThrownBy(() -> new Sampling(1, 0, 0, List.of()))
                .hasMessage("top-p must be above 0 and at most 1, not 0.0");
    }

    private double[] logits(int[] tokens) {
        InternLm2 whole = new InternLm2(MODEL, 1, tokens.length, Keeping.ALL, ops, Memory.of(arena));
        for (int i = 0; i < tokens.length; i++) {
            whole.tokens().ids().setAtIndex(ValueLayout.JAVA_INT, i, tokens[i]);
        }
        MemorySegment logits = arena.allocate(tokens.length * 61L * 4, Memory.ALIGNMENT);
        whole.logits(ModelTensors.of(table, MODEL, weights), logits);
        return Numbers.read(logits, tokens.length * 61);
    }
}
