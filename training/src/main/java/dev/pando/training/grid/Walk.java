package dev.pando.training.grid;

import dev.pando.training.grid.Action.Task;
import dev.pando.training.grid.Edge.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// All that the cells of one microbatch do, in the order in which one device does it: the forward pass block by block,
/// chunks ascending, and the backward pass the other way.
///
/// Another order that respects [#dependencies] gives the same bits, on any number of devices.
public final class Walk {
    private final Grid grid;
    private final int layers;
    private final int runs;
    private final List<Action> actions = new ArrayList<>();

    private Walk(Grid grid, int layers, int runs) {
        this.grid = grid;
        this.layers = layers;
        this.runs = runs;
    }

    /// @param layers L
    /// @param runs into which a chunk's rows are cut in the head
    public static List<Action> of(Grid grid, int layers, int runs) {
        Walk walk = new Walk(grid, layers, runs);
        walk.forward();
        walk.backward();
        return List.copyOf(walk.actions);
    }

    /// For each action those that have to be over before it begins: who writes what it reads, who still reads what it
    /// writes over, and what its own cell does before.
    public static List<SortedSet<Integer>> dependencies(List<Action> actions) {
        Map<Slot, Integer> writer = new HashMap<>();
        Map<Slot, List<Integer>> readers = new HashMap<>();
        Map<Cell, Integer> cells = new HashMap<>();
        List<SortedSet<Integer>> dependencies = new ArrayList<>();
        for (int i = 0; i < actions.size(); i++) {
            Action action = actions.get(i);
            SortedSet<Integer> before = new TreeSet<>();
            Integer ownLast = cells.put(action.cell(), i);
            if (ownLast != null) {
                before.add(ownLast);
            }
            for (Slot slot : slots(action, action.reads())) {
                Integer last = writer.get(slot);
                if (last != null) {
                    before.add(last);
                }
                readers.computeIfAbsent(slot, _ -> new ArrayList<>()).add(i);
            }
            for (Slot slot : slots(action, action.writes())) {
                Integer last = writer.put(slot, i);
                if (last != null) {
                    before.add(last);
                }
                List<Integer> reading = readers.remove(slot);
                if (reading != null) {
                    before.addAll(reading);
                }
            }
            before.remove(i);
            dependencies.add(before);
        }
        return dependencies;
    }

    /// Memory that edges take turns in: see [GridModel#at].
    private record Slot(Kind kind, int leaf, int block, int index) {}

    private static List<Slot> slots(Action action, List<Edge> edges) {
        Stream<Slot> slots = edges.stream().map(Walk::slot);
        boolean logits = action.task() == Task.LOGITS && edges.equals(action.writes());
        boolean loss = action.task() == Task.LOSS && edges.equals(action.reads());
        return logits || loss
                ? Stream.concat(slots, Stream.of(new Slot(Kind.STATISTICS, -1, 0, action.tensorShard()))).toList()
                : slots.toList(); // logits themselves exist once for each shard, whatever the chunk
    }

    private static Slot slot(Edge edge) {
        return switch (edge.kind()) {
            case X, KV -> new Slot(edge.kind(), edge.leaf(), edge.block(), edge.index());
            case INPUT, FEED_INPUT -> new Slot(Kind.INPUT, edge.leaf(), 0, 0);
            case DX, DMIDDLE -> new Slot(Kind.DX, edge.leaf(), 0, 0);
            // sums of a chunk take turns in one span for each shard; a writer waits for the readers of all shards
            case SUM, FEED_SUM, DSUM, FEED_DSUM -> new Slot(Kind.SUM, edge.leaf(), 0, 0);
            case STATISTICS -> new Slot(Kind.STATISTICS, edge.leaf(), 0, 0);
            case DKV -> new Slot(Kind.DKV, edge.leaf(), 0, edge.index());
        };
    }

    private void forward() {
        chunks(c -> add(Task.EMBED, c, 0, 0, List.of(), List.of(edge(c, 0, Kind.X, 0))));
        for (int block = 1; block <= layers; block++) {
            for (int c = 0; c < grid.sequenceChunks(); c++) {
                layer(block, c);
            }
        }
    }

    private void layer(int block, int c) {
        Edge before = edge(c, block - 1, Kind.X, 0);
        Edge input = edge(c, block, Kind.INPUT, 0);
        Edge feed = edge(c, block, Kind.FEED_INPUT, 0);
        add(Task.INPUT_NORM, c, block, 0, List.of(before), List.of(input));
        shards(u -> add(Task.QKV, c, block, u, List.of(input), List.of(edge(c, block, Kind.KV, u))));
        shards(u -> add(Task.ATTEND, c, block, u, keys(c, block, u), List.of(edge(c, block, Kind.SUM, u))));
        List<Edge> middle = new ArrayList<>(sums(c, block, Kind.SUM));
        middle.add(before);
        add(Task.MIDDLE, c, block, 0, middle, List.of(feed));
        shards(u -> add(Task.FEED, c, block, u, List.of(feed), List.of(edge(c, block, Kind.FEED_SUM, u))));
        add(Task.OUTPUT, c, block, 0, sums(c, block, Kind.FEED_SUM), List.of(edge(c, block, Kind.X, 0)));
    }

    private void backward() {
        for (int c = grid.sequenceChunks() - 1; c >= 0; c--) {
            head(c);
        }
        for (int block = layers; block >= 1; block--) {
            for (int c = grid.sequenceChunks() - 1; c >= 0; c--) {
                feedBackward(block, c);
                attentionBackward(block, c);
            }
        }
        chunks(c -> add(Task.EMBED_BACKWARD, c, 0, 0, List.of(edge(c, 0, Kind.DX, 0)), List.of()));
    }

    private void head(int c) {
        int block = layers + 1;
        Edge x = edge(c, layers, Kind.X, 0);
        Edge input = edge(c, block, Kind.INPUT, 0);
        add(Task.INPUT_NORM, c, block, 0, List.of(x), List.of(input));
        List<Edge> gradients = new ArrayList<>(List.of(x));
        for (int run = 0; run < runs; run++) {
            int first = run * grid.tensorShards();
            int r = run;
            List<Edge> statistics = edges(u -> edge(c, block, Kind.STATISTICS, first + u));
            List<Edge> loss = new ArrayList<>(statistics);
            loss.add(input);
            shards(u -> add(Task.LOGITS, c, block, u, r, List.of(input), List.of(statistics.get(u))));
            List<Edge> parts = edges(u -> edge(c, block, Kind.DSUM, first + u));
            shards(u -> add(Task.LOSS, c, block, u, r, loss, List.of(parts.get(u))));
            gradients.addAll(parts);
        }
        add(Task.HEAD_BACKWARD, c, block, 0, gradients, List.of(edge(c, layers, Kind.DX, 0), input));
    }

    private void feedBackward(int block, int c) {
        Edge dx = edge(c, block, Kind.DX, 0);
        Edge feed = edge(c, block, Kind.FEED_INPUT, 0);
        shards(u -> add(Task.FEED_BACKWARD, c, block, u, List.of(dx), List.of(edge(c, block, Kind.FEED_DSUM, u))));
        List<Edge> reads = new ArrayList<>(sums(c, block, Kind.FEED_DSUM));
        reads.add(dx);
        add(Task.FEED_NORM_BACKWARD, c, block, 0, reads, List.of(edge(c, block, Kind.DMIDDLE, 0), feed));
        shards(u -> add(Task.FEED_GRADIENT, c, block, u, List.of(feed), List.of()));
    }

    private void attentionBackward(int block, int c) {
        Edge middle = edge(c, block, Kind.DMIDDLE, 0);
        Edge input = edge(c, block, Kind.INPUT, 0);
        int shards = grid.tensorShards();
        shards(u -> {
            List<Edge> reads = new ArrayList<>(keys(c, block, u));
            reads.add(middle);
            List<Edge> pairs =
                    IntStream.rangeClosed(0, c).mapToObj(j -> edge(c, block, Kind.DKV, j * shards + u)).toList();
            add(Task.ATTEND_BACKWARD, c, block, u, reads, pairs);
        });
        shards(u -> {
            List<Edge> reads =
                    IntStream.range(c, grid.sequenceChunks())
                            .mapToObj(i -> edge(i, block, Kind.DKV, c * shards + u))
                            .toList();
            add(Task.QKV_BACKWARD, c, block, u, reads, List.of(edge(c, block, Kind.DSUM, u)));
        });
        List<Edge> reads = new ArrayList<>(sums(c, block, Kind.DSUM));
        reads.add(middle);
        reads.add(edge(c, block - 1, Kind.X, 0));
        add(Task.INPUT_NORM_BACKWARD, c, block, 0, reads, List.of(edge(c, block - 1, Kind.DX, 0), input));
        shards(u ->
                add(
                        Task.QKV_GRADIENT,
                        c,
                        block,
                        u,
                        List.of(input, edge(c, block, Kind.DKV, c * shards + u)),
                        List.of()));
    }

    private List<Edge> keys(int c, int block, int u) {
        return IntStream.rangeClosed(0, c).mapToObj(j -> edge(j, block, Kind.KV, u)).toList();
    }

    private List<Edge> sums(int c, int block, Kind kind) {
        return edges(u -> edge(c, block, kind, u));
    }

    private List<Edge> edges(IntFunction<Edge> ofShard) {
        return IntStream.range(0, grid.tensorShards()).mapToObj(ofShard).toList();
    }

    private void shards(IntConsumer each) {
        IntStream.range(0, grid.tensorShards()).forEach(each);
    }

    private void chunks(IntConsumer each) {
        IntStream.range(0, grid.sequenceChunks()).forEach(each);
    }

    private void add(Task task, int chunk, int block, int shard, List<Edge> reads, List<Edge> writes) {
        add(task, chunk, block, shard, 0, reads, writes);
    }

    private void add(Task task, int chunk, int block, int shard, int run, List<Edge> reads, List<Edge> writes) {
        actions.add(new Action(task, chunk, block, shard, run, reads, writes));
    }

    private static Edge edge(int chunk, int block, Kind kind, int index) {
        return new Edge(0, chunk, 0, block, kind, index);
    }
}
