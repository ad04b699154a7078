package dev.pando.training.grid;

import dev.pando.training.model.InternLm2;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.AttentionShape;
import dev.pando.training.ops.CutOps;
import dev.pando.training.ops.HostDeviceBuffer;
import dev.pando.training.ops.Ops;
import dev.pando.training.ops.RotaryTable;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.SumTree;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// InternLM2 and its next-token loss, cell by cell: what one device computes of a microbatch that is cut by a [Grid].
///
/// A tensor shard has some groups of attention, some columns of the feed-forward and some tokens of the head. What
/// shards add to the residual stream is summed along the [SumTree] over their numbers, and so is attention over
/// sequence chunks. A device may do all actions of a [Walk], or some, with the edges that it lacks copied to where
/// [#at] says. All memory is allocated here, once. Not thread-safe.
// Long because the forward and the backward pass of every cell face each other in one place.
public final class GridModel {
    /// Rows of logits that exist at a time.
    private static final int ROWS = 512;

    private final ModelConfig model;
    private final Grid grid;
    private final int rows;
    private final int length;
    private final Ops ops;
    private final CutOps cut;
    private final AttentionShape shape; // of one chunk and one tensor shard
    private final RotaryTable rotary;
    private final List<HostDeviceBuffer> inputs;
    private final List<ChunkMemory> chunks = new ArrayList<>();
    private final List<Action> actions;
    private final List<MemorySegment> logits = new ArrayList<>(); // of each tensor shard
    private final List<MemorySegment> earlierOut = new ArrayList<>(); // of attention to each earlier chunk
    private final List<MemorySegment> earlierLogSumExp = new ArrayList<>();
    private final MemorySegment act; // n F/U
    private final MemorySegment dattended; // n C/U
    private final int n; // positions of a chunk
    private final int c;
    private final int f; // of a tensor shard
    private final List<SumTree.Addition> overShards;
    private GridTensors weights;
    private List<GridTensors> gradients = List.of();
    private List<MemorySegment> totals = List.of();

    /// @param rows B
    /// @param length T
    /// @throws IllegalArgumentException if the device lacks an operator, or the grid does not fit
    public GridModel(ModelConfig model, Grid grid, int rows, int length, Ops ops, Memory memory) {
        grid.check(model, length);
        int u = grid.tensorShards();
        this.model = model;
        this.grid = grid;
        this.rows = rows;
        this.length = length;
        this.ops = ops;
        this.cut =
                ops.cut()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "this device has no operators for tensor-shards and sequence-chunks above 1"));
        this.shape =
                new AttentionShape(
                        rows, length / grid.sequenceChunks(), model.heads() / u, model.kvHeads() / u, model.headSize());
        this.n = shape.n();
        this.c = model.hidden();
        this.f = model.intermediate() / u;
        this.rotary = RotaryTable.of(length, model.frequencies(length), ops, memory);
        this.inputs =
                List.of("ids", "labels", "documents").stream()
                        .map(name -> new HostDeviceBuffer("tokens: " + name, 4L * rows * length, ops, memory))
                        .toList();
        int run = Math.min(n, ROWS);
        this.actions = Walk.of(grid, model.layers(), Math.ceilDiv(n, ROWS));
        for (int chunk = 0; chunk < grid.sequenceChunks(); chunk++) {
            chunks.add(ChunkMemory.of(model, grid, chunk, shape, run, memory));
            if (chunk > 0) {
                earlierOut.add(floats(memory, "attended, earlier", shape.width()));
                earlierLogSumExp.add(floats(memory, "log-sum-exp, earlier", shape.heads()));
            }
        }
        for (int shard = 0; shard < u; shard++) {
            logits.add(memory.allocate("logits", (long) Float.BYTES * run * tokens(shard)));
        }
        this.act = floats(memory, "gated activation", f);
        this.dattended = floats(memory, "attended gradient", shape.width());
        this.overShards = SumTree.intoFirst(u, 0, u);
    }

    /// The input of B rows of T positions: to be filled by the host before [#begin].
    public InternLm2.Tokens tokens() {
        return new InternLm2.Tokens(inputs.get(0).host(), inputs.get(1).host(), inputs.get(2).host());
    }

    /// All that the cells of a microbatch do, in the order of one device.
    public List<Action> actions() {
        return actions;
    }

    /// Says what actions read and add to from here on.
    ///
    /// @param gradients of the leaves, chunk by chunk
    /// @param totals of the leaves: float64 summed loss in nats, int64 tokens
    public void bind(ModelTensors weights, List<ModelTensors> gradients, List<MemorySegment> totals) {
        this.weights = GridTensors.of(weights, model, grid);
        this.gradients = gradients.stream().map(leaf -> GridTensors.of(leaf, model, grid)).toList();
        this.totals = List.copyOf(totals);
    }

    /// Takes the tokens of the next microbatch.
    public void begin() {
        inputs.forEach(HostDeviceBuffer::toDevice);
        int count = shape.t();
        for (int i = 0; i < chunks.size(); i++) {
            ChunkMemory chunk = chunks.get(i);
            int first = i * count;
            cut.cutRows(inputs.get(0).device(), chunk.ids(), rows, length, first, count);
            cut.cutRows(inputs.get(1).device(), chunk.labels(), rows, length, first, count);
            cut.cutDocuments(inputs.get(2).device(), chunk.documents(), chunk.within(), rows, length, first, count);
        }
    }

    /// Where an edge is on this device: written by the action that writes it, or to be copied to from elsewhere.
    public MemorySegment at(Edge edge) {
        ChunkMemory chunk = chunks.get(edge.leaf());
        return switch (edge.kind()) {
            case X -> chunk.x().get(edge.block());
            case INPUT, FEED_INPUT -> chunk.input();
            case KV -> shard(edge.leaf(), edge.block(), edge.index()).qkv();
            case SUM, FEED_SUM, FEED_DSUM -> chunk.sums().get(edge.index());
            case DSUM -> dsum(chunk, edge);
            case STATISTICS -> chunk.statistics().get(edge.index() % grid.tensorShards());
            case DX, DMIDDLE -> chunk.dx();
            case DKV -> chunk.pairs().get(edge.index());
        };
    }

    private MemorySegment dsum(ChunkMemory chunk, Edge edge) {
        MemorySegment sum = chunk.sums().get(edge.index() % grid.tensorShards());
        return edge.block() <= model.layers() ? sum : run(sum, edge.index() / grid.tensorShards(), c);
    }

    /// Does one action. What it reads has been written or copied.
    public void run(Action action) {
        ChunkMemory chunk = chunks.get(action.chunk());
        int block = action.block();
        int u = action.tensorShard();
        switch (action.task()) {
            case EMBED ->
                    ops.embed(weights.whole().embedding(), chunk.ids(), chunk.x().getFirst(), n, model.vocabulary(), c);
            case INPUT_NORM -> inputNorm(chunk, block);
            case QKV -> qkv(chunk, block, u);
            case ATTEND -> attend(action.chunk(), block, u);
            case MIDDLE -> middle(chunk, block);
            case FEED -> feed(chunk, block, u);
            case OUTPUT -> output(chunk, block);
            case LOGITS -> logits(chunk, u, action.run());
            case LOSS -> loss(action.chunk(), u, action.run());
            case HEAD_BACKWARD -> headBackward(action.chunk());
            case FEED_BACKWARD -> feedBackward(action.chunk(), block, u);
            case FEED_NORM_BACKWARD -> feedNormBackward(action.chunk(), block);
            case FEED_GRADIENT -> feedGradient(action.chunk(), block, u);
            case ATTEND_BACKWARD -> attendBackward(action.chunk(), block, u);
            case QKV_BACKWARD -> qkvBackward(action.chunk(), block, u);
            case INPUT_NORM_BACKWARD -> inputNormBackward(action.chunk(), block);
            case QKV_GRADIENT -> {
                MemorySegment dwqkv = gradient(action.chunk(), block, u).wqkv();
                ops.linearGradient(pair(action.chunk(), action.chunk(), u), chunk.input(), dwqkv, n, c, qkvWidth());
            }
            case EMBED_BACKWARD ->
                    ops.embedBackward(
                            chunk.dx(),
                            chunk.ids(),
                            gradients.get(action.chunk()).whole().embedding(),
                            n,
                            model.vocabulary(),
                            c);
        }
    }

    private void inputNorm(ChunkMemory chunk, int block) {
        MemorySegment weight =
                block <= model.layers()
                        ? weights.whole().layers().get(block - 1).attentionNorm()
                        : weights.whole().norm();
        int x = block - 1;
        ops.norm(chunk.x().get(x), weight, chunk.input(), chunk.scales().get(x), n, c, model.normEpsilon());
    }

    private void qkv(ChunkMemory chunk, int block, int u) {
        MemorySegment qkv = chunk.layers().get(block - 1).shards().get(u).qkv();
        ops.linear(chunk.input(), weight(block, u).wqkv(), qkv, n, c, qkvWidth());
        ops.rotate(qkv, chunk.documents(), rotary, shape); // positions of the document, whatever the chunk
    }

    private void attend(int i, int block, int u) {
        ChunkMemory chunk = chunks.get(i);
        ChunkMemory.Shard a = shard(i, block, u);
        ops.attend(a.qkv(), chunk.within(), a.attended(), a.logSumExp(), shape);
        for (int j = 0; j < i; j++) {
            MemorySegment earlier = shard(j, block, u).qkv();
            cut.attendEarlier(
                    a.qkv(),
                    earlier,
                    chunk.documents(),
                    (i - j) * shape.t(),
                    earlierOut.get(j),
                    earlierLogSumExp.get(j),
                    shape);
        }
        for (SumTree.Addition merge : SumTree.intoLast(grid.sequenceChunks(), 0, i + 1)) {
            int into = merge.target();
            cut.attendMerge(
                    into == i ? a.attended() : earlierOut.get(into),
                    into == i ? a.logSumExp() : earlierLogSumExp.get(into),
                    earlierOut.get(merge.source()),
                    earlierLogSumExp.get(merge.source()),
                    shape);
        }
        cut.linear(a.attended(), weight(block, u).wo(), c, chunk.sums().get(u), n, shape.width(), c);
    }

    private void middle(ChunkMemory chunk, int block) {
        ChunkMemory.Layer layer = chunk.layers().get(block - 1);
        ops.addNorm(
                chunk.x().get(block - 1),
                sumOfShards(chunk),
                layer.middle(),
                weights.whole().layers().get(block - 1).ffnNorm(),
                chunk.input(),
                layer.middleScale(),
                n,
                c,
                model.normEpsilon());
    }

    private void feed(ChunkMemory chunk, int block, int u) {
        GridTensors.Shard w = weight(block, u);
        ChunkMemory.Shard a = chunk.layers().get(block - 1).shards().get(u);
        ops.linear(chunk.input(), w.w1(), a.gate(), n, c, f);
        ops.linear(chunk.input(), w.w3(), a.up(), n, c, f);
        ops.swiglu(a.gate(), a.up(), act, (long) n * f);
        cut.linear(act, w.w2(), model.intermediate(), chunk.sums().get(u), n, f, c);
    }

    private void output(ChunkMemory chunk, int block) {
        MemorySegment x = chunk.x().get(block);
        ops.copy(chunk.layers().get(block - 1).middle(), x);
        ops.add(x, sumOfShards(chunk), (long) n * c);
    }

    private void logits(ChunkMemory chunk, int u, int run) {
        int count = rowsOf(run);
        ops.linear(run(chunk.input(), run, c), weights.head().get(u), logits.get(u), count, c, tokens(u));
        cut.crossEntropyShard(
                logits.get(u), run(chunk.labels(), run, 1), firstToken(u), chunk.statistics().get(u), count, tokens(u));
    }

    private void loss(int i, int u, int run) {
        ChunkMemory chunk = chunks.get(i);
        int count = rowsOf(run);
        MemorySegment dlogits = logits.get(u);
        cut.crossEntropyGradient(
                dlogits,
                run(chunk.labels(), run, 1),
                chunk.statistics(),
                u,
                firstToken(u),
                totals.get(i),
                count,
                tokens(u));
        MemorySegment dh = run(chunk.sums().get(u), run, c);
        ops.linearBackward(dlogits, weights.head().get(u), dh, count, c, tokens(u), false);
        ops.linearGradient(dlogits, run(chunk.input(), run, c), gradients.get(i).head().get(u), count, c, tokens(u));
    }

    private void headBackward(int i) {
        ChunkMemory chunk = chunks.get(i);
        ops.zero(chunk.dx());
        normBackward(
                chunk,
                chunk.x().get(model.layers()),
                weights.whole().norm(),
                chunk.scales().get(model.layers()),
                gradients.get(i).whole().norm());
    }

    private void feedBackward(int i, int block, int u) {
        ChunkMemory chunk = chunks.get(i);
        GridTensors.Shard w = weight(block, u);
        ChunkMemory.Shard a = shard(i, block, u);
        MemorySegment dh = chunk.sums().get(u);
        cut.linearBackward(chunk.dx(), w.w2(), model.intermediate(), act, n, f, c);
        ops.swigluBackward(a.gate(), a.up(), act, (long) n * f); // now dgate, dup and the activation itself
        cut.linearGradient(chunk.dx(), act, gradient(i, block, u).w2(), model.intermediate(), n, f, c);
        ops.linearBackward(a.gate(), w.w1(), dh, n, c, f, false);
        ops.linearBackward(a.up(), w.w3(), dh, n, c, f, true);
    }

    private void feedNormBackward(int i, int block) {
        ChunkMemory chunk = chunks.get(i);
        ChunkMemory.Layer layer = chunk.layers().get(block - 1);
        normBackward(
                chunk,
                layer.middle(),
                weights.whole().layers().get(block - 1).ffnNorm(),
                layer.middleScale(),
                gradients.get(i).whole().layers().get(block - 1).ffnNorm());
    }

    private void feedGradient(int i, int block, int u) {
        ChunkMemory.Shard a = shard(i, block, u);
        GridTensors.Shard g = gradient(i, block, u);
        ops.linearGradient(a.gate(), chunks.get(i).input(), g.w1(), n, c, f);
        ops.linearGradient(a.up(), chunks.get(i).input(), g.w3(), n, c, f);
    }

    private void attendBackward(int i, int block, int u) {
        ChunkMemory chunk = chunks.get(i);
        ChunkMemory.Shard a = shard(i, block, u);
        cut.linearBackward(chunk.dx(), weight(block, u).wo(), c, dattended, n, shape.width(), c);
        cut.linearGradient(chunk.dx(), a.attended(), gradient(i, block, u).wo(), c, n, shape.width(), c);
        ops.attendBackward(dattended, a.qkv(), chunk.within(), a.attended(), a.logSumExp(), pair(i, i, u), shape);
        for (int j = 0; j < i; j++) {
            cut.attendEarlierBackward(
                    dattended,
                    a.qkv(),
                    shard(j, block, u).qkv(),
                    chunk.documents(),
                    (i - j) * shape.t(),
                    a.attended(),
                    a.logSumExp(),
                    pair(i, j, u),
                    shape);
        }
        for (SumTree.Addition sum : SumTree.intoLast(grid.sequenceChunks(), 0, i + 1)) {
            cut.addQueries(pair(i, sum.target(), u), pair(i, sum.source(), u), shape);
        }
    }

    private void qkvBackward(int j, int block, int u) {
        ChunkMemory chunk = chunks.get(j);
        for (SumTree.Addition sum : SumTree.intoFirst(grid.sequenceChunks(), j, grid.sequenceChunks())) {
            cut.addKeysAndValues(pair(sum.target(), j, u), pair(sum.source(), j, u), shape);
        }
        MemorySegment dqkv = pair(j, j, u);
        ops.rotateBackward(dqkv, chunk.documents(), rotary, shape);
        ops.linearBackward(dqkv, weight(block, u).wqkv(), chunk.sums().get(u), n, c, qkvWidth(), false);
    }

    private void inputNormBackward(int i, int block) {
        ChunkMemory chunk = chunks.get(i);
        normBackward(
                chunk,
                chunk.x().get(block - 1),
                weights.whole().layers().get(block - 1).attentionNorm(),
                chunk.scales().get(block - 1),
                gradients.get(i).whole().layers().get(block - 1).attentionNorm());
    }

    private void normBackward(
            ChunkMemory chunk, MemorySegment x, MemorySegment weight, MemorySegment scale, MemorySegment dweight) {
        ops.normBackward(sumOfShards(chunk), x, weight, scale, chunk.dx(), dweight, chunk.input(), n, c);
    }

    /// What the tensor shards of a chunk have offered, added along the tree; in the span of shard 0.
    private MemorySegment sumOfShards(ChunkMemory chunk) {
        for (int i = 0; i < overShards.size(); i++) {
            SumTree.Addition sum = overShards.get(i);
            ops.add(chunk.sums().get(sum.target()), chunk.sums().get(sum.source()), (long) n * c);
        }
        return chunk.sums().getFirst();
    }

    private ChunkMemory.Shard shard(int chunk, int block, int u) {
        return chunks.get(chunk).layers().get(block - 1).shards().get(u);
    }

    private MemorySegment pair(int queries, int keys, int u) {
        return chunks.get(queries).pairs().get(keys * grid.tensorShards() + u);
    }

    private GridTensors.Shard weight(int block, int u) {
        return weights.layers().get(block - 1).get(u);
    }

    private GridTensors.Shard gradient(int chunk, int block, int u) {
        return gradients.get(chunk).layers().get(block - 1).get(u);
    }

    private int qkvWidth() {
        return shape.qkvWidth();
    }

    private int firstToken(int u) {
        return grid.firstToken(model.vocabulary(), u);
    }

    private int tokens(int u) {
        return firstToken(u + 1) - firstToken(u);
    }

    private int rowsOf(int run) {
        return Math.min(n, (run + 1) * ROWS) - run * ROWS;
    }

    private MemorySegment run(MemorySegment span, int run, long width) {
        return span.asSlice((long) run * ROWS * width * 4, rowsOf(run) * width * 4);
    }

    private MemorySegment floats(Memory memory, String name, long width) {
        return memory.allocate("activations: " + name, n * width * Float.BYTES);
    }
}
