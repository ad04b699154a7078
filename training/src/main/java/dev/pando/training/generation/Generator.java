package dev.pando.training.generation;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.Ops;
import dev.pando.training.ops.RotaryTable;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/// Lets a model go on with a text, token by token, keeping keys and values of what came before.
///
/// Takes and gives token ids; text is the tokenizer's affair. Not thread-safe.
public final class Generator {
    /// Positions of the prompt that are computed at a time.
    private static final int CHUNK = 64;

    private final ModelConfig model;
    private final int context;
    private final Ops ops;
    private final ModelTensors weights;
    private final RotaryTable rotary;
    private final TokenPicker picker;
    private final List<MemorySegment> caches = new ArrayList<>();
    private final MemorySegment ids;
    private final MemorySegment x;
    private final MemorySegment middle;
    private final MemorySegment h;
    private final MemorySegment scale;
    private final MemorySegment qkv;
    private final MemorySegment attended;
    private final MemorySegment delta;
    private final MemorySegment gate;
    private final MemorySegment up;
    private final MemorySegment logits;

    /// @param weights a span of the model's whole table, see [ModelTensors#table]; read only
    /// @param context positions that prompt and text together may have
    public Generator(ModelConfig model, MemorySegment weights, int context, Ops ops, Memory memory) {
        this.model = model;
        this.context = context;
        this.ops = ops;
        this.weights = ModelTensors.of(ModelTensors.table(model), model, weights);
        this.rotary = RotaryTable.of(context, model.frequencies(1), memory);
        this.picker = new TokenPicker(model.vocabulary());
        for (int l = 0; l < model.layers(); l++) {
            caches.add(floats(memory, "keys and values " + l, context, 2L * model.kvHeads() * model.headSize()));
        }
        int n = Math.min(CHUNK, context);
        this.ids = memory.allocate("tokens", n * 4L);
        this.x = floats(memory, "residual stream", n, model.hidden());
        this.middle = floats(memory, "middle of the residual stream", n, model.hidden());
        this.h = floats(memory, "norm", n, model.hidden());
        this.scale = floats(memory, "norm scale", n, 1);
        this.qkv = floats(memory, "qkv", n, model.qkvRows());
        this.attended = floats(memory, "attended", n, model.hidden());
        this.delta = floats(memory, "residual delta", n, model.hidden());
        this.gate = floats(memory, "gate", n, model.intermediate());
        this.up = floats(memory, "up", n, model.intermediate());
        this.logits = floats(memory, "logits", 1, model.vocabulary());
    }

    /// Goes on with a prompt.
    ///
    /// @param most tokens to generate, unless a stop comes before
    /// @param each receives every token as soon as it is there
    /// @return the tokens after the prompt
    public int[] generate(int[] prompt, int most, Sampling sampling, IntConsumer each) {
        check(prompt, most);
        int[] text = new int[most];
        turnFor(0, prompt.length);
        for (int from = 0; from < prompt.length; from += CHUNK) {
            int count = Math.min(prompt.length, from + CHUNK) - from;
            MemorySegment.copy(prompt, from, ids, ValueLayout.JAVA_INT, 0, count);
            forward(from, count);
        }
        for (int count = 0; count < most; count++) {
            int next = picker.pick(logits, sampling, count);
            if (sampling.stops().contains(next)) {
                return Arrays.copyOf(text, count);
            }
            text[count] = next;
            each.accept(next);
            if (count + 1 < most) {
                ids.setAtIndex(ValueLayout.JAVA_INT, 0, next);
                turnFor(prompt.length + count, prompt.length + count + 1);
                forward(prompt.length + count, 1);
            }
        }
        return text;
    }

    /// Positions `[from, to)` turn as in a sequence of `to` positions, whatever was computed before: a function of the
    /// prompt's length and the position alone.
    private void turnFor(int from, int to) {
        if (model.ropeScaling().followsLength()) {
            rotary.fill(from, to, model.frequencies(to));
        }
    }

    /// Computes positions `from` and on of the sequence, whose tokens are in `ids`; leaves the logits of the last.
    private void forward(int from, int n) {
        AttentionShape shape = new AttentionShape(1, n, model.heads(), model.kvHeads(), model.headSize());
        int c = model.hidden();
        int f = model.intermediate();
        ops.embed(weights.embedding(), ids, x, n, model.vocabulary(), c);
        for (int l = 0; l < model.layers(); l++) {
            ModelTensors.Layer w = weights.layers().get(l);
            ops.norm(x, w.attentionNorm(), h, scale, n, c, model.normEpsilon());
            ops.linear(h, w.wqkv(), qkv, n, c, model.qkvRows());
            ops.rotateCached(qkv, from, rotary, shape);
            ops.attendCached(qkv, caches.get(l), from, attended, shape);
            ops.linear(attended, w.wo(), delta, n, c, c);
            ops.addNorm(x, delta, middle, w.ffnNorm(), h, scale, n, c, model.normEpsilon());
            ops.linear(h, w.w1(), gate, n, c, f);
            ops.linear(h, w.w3(), up, n, c, f);
            ops.swiglu(gate, up, gate, (long) n * f);
            ops.linear(gate, w.w2(), delta, n, f, c);
            ops.addNorm(middle, delta, x, weights.norm(), h, scale, n, c, model.normEpsilon());
        }
        MemorySegment last = h.asSlice((n - 1L) * c * Float.BYTES, (long) c * Float.BYTES);
        ops.linear(last, weights.head(), logits, 1, c, model.vocabulary());
        ops.finish();
    }

    private void check(int[] prompt, int most) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("a prompt needs at least one token: a begin-of-text token will do");
        }
        if ((long) prompt.length + most > context) {
            throw new IllegalArgumentException(
                    "a prompt of "
                            + prompt.length
                            + " tokens and "
                            + most
                            + " new ones do not fit into a context of "
                            + context);
        }
    }

    private static MemorySegment floats(Memory memory, String name, long rows, long width) {
        return memory.allocate(name, Math.multiplyExact(rows, width) * Float.BYTES);
    }
}
