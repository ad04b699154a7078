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

/// Computes a text's positions forward and keeps keys and values, so that a text that begins like the one before costs
/// only its end.
///
/// A text is computed in chunks of [#CHUNK] positions from its first token on, and the last chunk is filled up. So the
/// shape of every product follows from a position alone, and the bits of a position are a function of the tokens up to
/// it: whatever was computed before, and whatever follows. Not thread-safe.
final class CachedForward {
    /// Positions that are computed at a time: few, because the last chunk of every text is filled up to them.
    static final int CHUNK = 32;

    private final ModelConfig model;
    private final int context;
    private final Ops ops;
    private final ModelTensors weights;
    private final RotaryTable rotary;
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

    /// Tokens whose keys and values were computed chunk by chunk.
    private int[] held = new int[0];

    /// Length of the text as in which all positions turn; 0 for none.
    private int turned;

    /// @param weights a span of the model's whole table, see [ModelTensors#table]; read only
    /// @param context positions that a text may have
    CachedForward(ModelConfig model, MemorySegment weights, int context, Ops ops, Memory memory) {
        this.model = model;
        this.context = context;
        this.ops = ops;
        this.weights = ModelTensors.of(ModelTensors.table(model), model, weights);
        int positions = Math.ceilDiv(context, CHUNK) * CHUNK;
        this.rotary = RotaryTable.of(positions, model.frequencies(1), memory);
        for (int l = 0; l < model.layers(); l++) {
            caches.add(floats(memory, "keys and values " + l, positions, 2L * model.kvHeads() * model.headSize()));
        }
        this.ids = memory.allocate("tokens", CHUNK * 4L);
        this.x = floats(memory, "residual stream", CHUNK, model.hidden());
        this.middle = floats(memory, "middle of the residual stream", CHUNK, model.hidden());
        this.h = floats(memory, "norm", CHUNK, model.hidden());
        this.scale = floats(memory, "norm scale", CHUNK, 1);
        this.qkv = floats(memory, "qkv", CHUNK, model.qkvRows());
        this.attended = floats(memory, "attended", CHUNK, model.hidden());
        this.delta = floats(memory, "residual delta", CHUNK, model.hidden());
        this.gate = floats(memory, "gate", CHUNK, model.intermediate());
        this.up = floats(memory, "up", CHUNK, model.intermediate());
    }

    int context() {
        return context;
    }

    /// Leading tokens of the first `count` whose keys and values are there already. A text begins here: where positions
    /// turn by its length, they turn from here on as in a text of `count` tokens.
    int common(int[] tokens, int count) {
        turnFor(count);
        int most = Math.min(count, held.length);
        int mismatch = Arrays.mismatch(tokens, 0, most, held, 0, most);
        return mismatch < 0 ? most : mismatch;
    }

    /// Says that exactly the first `count` tokens are held from now on: all of their chunks are computed.
    void hold(int[] tokens, int count) {
        held = Arrays.copyOf(tokens, count);
    }

    /// Computes a chunk of the first `count` tokens; all chunks before it must be there. Leaves its normed states.
    void chunk(int[] tokens, int count, int chunk) {
        int from = chunk * CHUNK;
        held = Arrays.copyOf(held, Math.min(held.length, from)); // the rest is written over
        int some = Math.min(CHUNK, count - from);
        MemorySegment.copy(tokens, from, ids, ValueLayout.JAVA_INT, 0, some);
        for (int i = some; i < CHUNK; i++) {
            ids.setAtIndex(ValueLayout.JAVA_INT, i, 0); // computed, and seen by no position of the text
        }
        forward(from, CHUNK);
    }

    /// Computes one position behind those that are there, as the only row of its products. Leaves its normed state in
    /// row 0.
    void one(int token, int position) {
        ids.setAtIndex(ValueLayout.JAVA_INT, 0, token);
        if (model.ropeScaling().followsLength()) {
            turned = 0;
            rotary.fill(position, position + 1, model.frequencies(position + 1));
        }
        forward(position, 1);
    }

    /// A function of the text's length alone: nothing stays of how an earlier text turned.
    private void turnFor(int length) {
        if (model.ropeScaling().followsLength() && length != turned) {
            held = new int[0];
            turned = length;
            rotary.fill(0, rotary.positions(), model.frequencies(length));
        }
    }

    /// Logits of the latest states.
    ///
    /// @param row the first of them
    /// @param logits `rows` V
    void head(int row, int rows, MemorySegment logits) {
        long width = (long) model.hidden() * Float.BYTES;
        ops.linear(
                h.asSlice(row * width, rows * width), weights.head(), logits, rows, model.hidden(), model.vocabulary());
        ops.finish();
    }

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
        ops.finish();
    }

    static MemorySegment floats(Memory memory, String name, long rows, long width) {
        return memory.allocate(name, Math.multiplyExact(rows, width) * Float.BYTES);
    }
}
