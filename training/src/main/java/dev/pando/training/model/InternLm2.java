package dev.pando.training.model;

import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.HostDeviceBuffer;
import dev.pando.training.ops.Ops;
import dev.pando.training.ops.RotaryTable;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// InternLM2 (report, section 2.2), forward and backward, for microbatches of one shape.
///
///     x = embedding[ids]
///     x = x + wo attention(rope(wqkv attentionNorm(x)))                  for every layer
///     x = x + w2 (silu(w1 h) (w3 h)),  h = ffnNorm(x)
///     logits = head norm(x)
///
/// An objective stands between the two passes: it turns the last norm into a loss and into the gradient of the last norm.
/// Rows go through the feed-forward a chunk at a time, so that nothing of width F exists for all of a long microbatch.
/// All memory is allocated here, once. Not thread-safe.
public final class InternLm2 {
    /// The input, all int32 of B x T, row-major.
    ///
    /// @param ids tokens
    /// @param labels the token that each position has to predict; -100 does not count
    /// @param documents where the document of a position starts, as a position of its row
    public record Tokens(MemorySegment ids, MemorySegment labels, MemorySegment documents) {}

    /// A run of rows on its way through a feed-forward: rows of the spans of the same names.
    private record FeedChunk(
            int rows, MemorySegment h, MemorySegment delta, MemorySegment act, MemorySegment dx, MemorySegment dh) {}

    /// What an objective works on: the last norm of every position, and where it leaves the gradient of that.
    ///
    /// @param positions N
    /// @param h N C
    /// @param labels N int32
    /// @param dh N C, to be overwritten
    public record Hidden(int positions, MemorySegment h, MemorySegment labels, MemorySegment dh) {}

    private final ModelConfig model;
    private final Ops ops;
    private final AttentionShape shape;
    private final RotaryTable rotary;
    private final List<HostDeviceBuffer> inputs;
    private final Tokens tokens;
    private final Tokens onHost;
    private final Activations kept;
    private final int n;
    private final int c;
    private final int f;

    // used and used up within a layer
    private final MemorySegment h; // N C, the latest norm
    private final MemorySegment delta; // N C, what a branch adds to the residual stream; in the backward pass dattended
    private final MemorySegment act; // R F, of a chunk of the feed-forward
    private final MemorySegment dx; // N C
    private final MemorySegment dh; // N C
    private final MemorySegment dqkv; // N (H + 2 K) D
    private final List<FeedChunk> feed = new ArrayList<>();

    /// @param rows B
    /// @param length T
    public InternLm2(ModelConfig model, int rows, int length, Keeping keeping, Ops ops, Memory memory) {
        this.model = model;
        this.ops = ops;
        this.n = Math.multiplyExact(rows, length);
        this.c = model.hidden();
        this.f = model.intermediate();
        this.shape = new AttentionShape(rows, length, model.heads(), model.kvHeads(), model.headSize());
        this.rotary = RotaryTable.of(length, model.frequencies(length), ops, memory);
        this.inputs =
                Stream.of("ids", "labels", "documents")
                        .map(name -> new HostDeviceBuffer("tokens: " + name, n * 4L, ops, memory))
                        .toList();
        this.tokens = new Tokens(inputs.get(0).device(), inputs.get(1).device(), inputs.get(2).device());
        this.onHost = new Tokens(inputs.get(0).host(), inputs.get(1).host(), inputs.get(2).host());
        this.kept = new Activations(model, n, keeping, memory);
        this.h = Activations.floats(memory, "norm", n, c);
        this.delta = Activations.floats(memory, "residual delta", n, c);
        this.act = Activations.floats(memory, "gated activation", kept.chunks().getFirst().count(), f);
        this.dx = Activations.floats(memory, "residual gradient", n, c);
        this.dh = Activations.floats(memory, "norm gradient", n, c);
        this.dqkv = Activations.floats(memory, "qkv gradient", n, model.qkvRows());
        for (Activations.Rows chunk : kept.chunks()) {
            feed.add(
                    new FeedChunk(
                            chunk.count(),
                            chunk.of(h, c),
                            chunk.of(delta, c),
                            rows(act, 0, chunk.count(), f),
                            chunk.of(dx, c),
                            chunk.of(dh, c)));
        }
    }

    /// The input: to be filled by the host before each pass, and not again before the operators have finished.
    public Tokens tokens() {
        return onHost;
    }

    /// The last norm of every position, which [#forward] computes, and its gradient, which [#backward] takes.
    public Hidden hidden() {
        return new Hidden(n, h, tokens.labels(), dh);
    }

    /// Adds the gradient of all weights below the objective to `gradient`.
    public void backward(ModelTensors weights, ModelTensors gradient) {
        int last = model.layers();
        ops.zero(dx);
        ops.normBackward(dh, kept.x(last), weights.norm(), kept.scale(last), dx, gradient.norm(), h, n, c);
        for (int l = last - 1; l >= 0; l--) {
            kept.bringBack(l, ops);
            formAgain(weights, l);
            backward(weights.layers().get(l), gradient.layers().get(l), l);
        }
        ops.embedBackward(dx, tokens.ids(), gradient.embedding(), n, model.vocabulary(), c);
    }

    /// The logits of every position.
    ///
    /// @param into N V
    public void logits(ModelTensors weights, MemorySegment into) {
        forward(weights);
        ops.linear(h, weights.head(), into, n, c, model.vocabulary());
    }

    /// Computes the last norm of every position from the tokens, and keeps what the backward pass needs.
    public void forward(ModelTensors weights) {
        inputs.forEach(HostDeviceBuffer::toDevice);
        ops.embed(weights.embedding(), tokens.ids(), kept.x(0), n, model.vocabulary(), c);
        attentionNorm(weights, 0);
        for (int l = 0; l < model.layers(); l++) {
            ModelTensors.Layer w = weights.layers().get(l);
            kept.keep(l, kept.x(l), ops);
            attention(w, l);
            for (int i = 0; i < feed.size(); i++) {
                feedForward(w, l, i);
            }
            MemorySegment nextNorm =
                    l + 1 < model.layers() ? weights.layers().get(l + 1).attentionNorm() : weights.norm();
            ops.addNorm(
                    kept.layer(l).middle(),
                    delta,
                    kept.x(l + 1),
                    nextNorm,
                    h,
                    kept.scale(l + 1),
                    n,
                    c,
                    model.normEpsilon());
        }
    }

    private void attentionNorm(ModelTensors weights, int l) {
        ops.norm(kept.x(l), weights.layers().get(l).attentionNorm(), h, kept.scale(l), n, c, model.normEpsilon());
    }

    /// Takes `h`, the norm of a layer's input, through attention to the norm of its middle.
    private void attention(ModelTensors.Layer w, int l) {
        Activations.Layer a = kept.layer(l);
        ops.linear(h, w.wqkv(), a.qkv(), n, c, model.qkvRows());
        ops.rotate(a.qkv(), tokens.documents(), rotary, shape);
        kept.keep(l, a.qkv(), ops);
        ops.attend(a.qkv(), tokens.documents(), a.attended(), a.logSumExp(), shape);
        kept.keep(l, a.attended(), ops);
        ops.linear(a.attended(), w.wo(), delta, n, c, c);
        ops.addNorm(kept.x(l), delta, a.middle(), w.ffnNorm(), h, a.middleScale(), n, c, model.normEpsilon());
        kept.keep(l, a.middle(), ops);
    }

    /// Leaves in `delta` what a chunk of the feed-forward adds to the residual stream.
    private void feedForward(ModelTensors.Layer w, int l, int chunk) {
        FeedChunk rows = feed.get(chunk);
        Activations.Feed a = kept.layer(l).feed().get(chunk);
        gates(w, rows, a);
        kept.keep(a, ops);
        ops.swiglu(a.gate(), a.up(), rows.act, (long) rows.rows * f);
        ops.linear(rows.act, w.w2(), rows.delta, rows.rows, f, c);
    }

    private void gates(ModelTensors.Layer w, FeedChunk rows, Activations.Feed a) {
        ops.linear(rows.h, w.w1(), a.gate(), rows.rows, c, f);
        ops.linear(rows.h, w.w3(), a.up(), rows.rows, c, f);
    }

    /// Forms what the forward pass has not kept of a layer, up to the norm of its middle in `h`.
    private void formAgain(ModelTensors weights, int l) {
        if (kept.recompute() && l < model.layers() - 1) {
            attentionNorm(weights, l);
            attention(weights.layers().get(l), l);
        } else if (kept.recomputesGates(l)) {
            Activations.Layer a = kept.layer(l);
            MemorySegment weight = weights.layers().get(l).ffnNorm();
            ops.norm(a.middle(), weight, h, a.middleScale(), n, c, model.normEpsilon());
        }
    }

    /// Takes `dx` of a chunk from the gradient of the layer's output to that of its middle.
    private void feedBackward(ModelTensors.Layer w, ModelTensors.Layer g, int l, int chunk) {
        FeedChunk rows = feed.get(chunk);
        Activations.Feed a = kept.layer(l).feed().get(chunk);
        int r = rows.rows;
        if (kept.recomputesGates(l)) {
            gates(w, rows, a);
        }
        kept.bringBack(a, ops);
        ops.linearBackward(rows.dx, w.w2(), rows.act, r, f, c, false);
        ops.swigluBackward(a.gate(), a.up(), rows.act, (long) r * f); // now dgate, dup and the activation itself
        ops.linearGradient(rows.dx, rows.act, g.w2(), r, f, c);
        ops.linearBackward(a.gate(), w.w1(), rows.dh, r, c, f, false);
        ops.linearBackward(a.up(), w.w3(), rows.dh, r, c, f, true);
        ops.normBackward(rows.dh, a.middle(), w.ffnNorm(), a.middleScale(), rows.dx, g.ffnNorm(), rows.h, r, c);
        ops.linearGradient(a.gate(), rows.h, g.w1(), r, c, f);
        ops.linearGradient(a.up(), rows.h, g.w3(), r, c, f);
    }

    /// Takes `dx` from the gradient of the layer's output to that of its input.
    private void backward(ModelTensors.Layer w, ModelTensors.Layer g, int l) {
        for (int i = 0; i < feed.size(); i++) {
            feedBackward(w, g, l, i);
        }
        Activations.Layer a = kept.layer(l);
        ops.linearBackward(dx, w.wo(), delta, n, c, c, false);
        ops.linearGradient(dx, a.attended(), g.wo(), n, c, c);
        ops.attendBackward(delta, a.qkv(), tokens.documents(), a.attended(), a.logSumExp(), dqkv, shape);
        ops.rotateBackward(dqkv, tokens.documents(), rotary, shape);
        ops.linearBackward(dqkv, w.wqkv(), dh, n, c, model.qkvRows(), false);
        ops.normBackward(dh, kept.x(l), w.attentionNorm(), kept.scale(l), dx, g.attentionNorm(), h, n, c);
        ops.linearGradient(dqkv, h, g.wqkv(), n, c, model.qkvRows());
    }

    private static MemorySegment rows(MemorySegment span, long from, long count, long width) {
        return span.asSlice(from * width * 4, count * width * 4);
    }
}
