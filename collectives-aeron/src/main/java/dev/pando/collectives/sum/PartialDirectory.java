package dev.pando.collectives.sum;

import dev.pando.collectives.memory.SpanFile;
import dev.pando.collectives.wire.Epoch;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Holders of all partial sums, and where these lie, for an all-reduce in shared memory.
///
/// Remembers the arrangement, so that an operation with the one of before needs no new plan and allocates nothing.
public final class PartialDirectory {
    private Epoch epoch;
    private int[][] nodes = {}; // of each member: first, end, first, end, …
    private long[][] offsets = {}; // within each member's file
    private boolean changed;

    private ShardTree tree;
    private SumPlan plan;
    private int[] owner = {};
    private int[] index = {};
    private long[] addresses = {};

    public void reset(Epoch now) {
        epoch = now;
        nodes = new int[now.size()][0];
        offsets = new long[now.size()][0];
        changed = true;
    }

    public void takeOwn(int me, SpanFile file, List<Partial> mine) {
        resize(me, mine.size());
        for (int at = 0; at < mine.size(); at++) {
            Node node = mine.get(at).node();
            long offset = file.offsetOf(mine.get(at).span());
            if (offset < 0) {
                throw new IllegalArgumentException(
                        "the partial sum of " + node + " lies outside this member's memory()");
            }
            take(me, at, node.first(), node.end(), offset);
        }
    }

    public void resize(int rank, int count) {
        if (offsets[rank].length != count) {
            offsets[rank] = new long[count];
            nodes[rank] = new int[2 * count];
            changed = true;
        }
    }

    public void take(int rank, int at, int first, int end, long offset) {
        if (nodes[rank][2 * at] != first || nodes[rank][2 * at + 1] != end) {
            nodes[rank][2 * at] = first;
            nodes[rank][2 * at + 1] = end;
            changed = true;
        }
        offsets[rank][at] = offset;
    }

    /// Number of a member's partial sums.
    public int count(int rank) {
        return offsets[rank].length;
    }

    /// First shard of a member's partial sum.
    public int first(int rank, int at) {
        return nodes[rank][2 * at];
    }

    /// The shard after its last.
    public int end(int rank, int at) {
        return nodes[rank][2 * at + 1];
    }

    public long offset(int rank, int at) {
        return offsets[rank][at];
    }

    /// The greatest offset of a member's partial sums; 0 if it holds none.
    public long lastOffset(int rank) {
        long last = 0;
        for (int at = 0; at < offsets[rank].length; at++) {
            last = Math.max(last, offsets[rank][at]);
        }
        return last;
    }

    /// @return whether there is a new plan
    public boolean compile(OperationRequest task) {
        ShardTree shape = task.tree();
        if (!changed && shape.equals(tree)) {
            return false;
        }
        record Source(Node node, int owner, int index) {}
        List<Source> all = new ArrayList<>();
        for (int rank = 0; rank < nodes.length; rank++) {
            for (int at = 0; at < offsets[rank].length; at++) {
                all.add(new Source(new Node(nodes[rank][2 * at], nodes[rank][2 * at + 1]), rank, at));
            }
        }
        all.sort(Comparator.comparing(Source::node));
        Coverage coverage = new Coverage(shape, task.name(), epoch);
        all.forEach(source -> coverage.add(source.node(), source.owner()));
        coverage.check();
        owner = all.stream().mapToInt(Source::owner).toArray();
        index = all.stream().mapToInt(Source::index).toArray();
        addresses = new long[all.size()];
        plan = SumPlan.of(shape.root(), all.stream().map(Source::node).toList());
        tree = shape;
        changed = false;
        return true;
    }

    public SumPlan plan() {
        return plan;
    }

    /// Addresses of the first elements of the plan's sources.
    public long[] addresses() {
        return addresses;
    }

    /// Says where a member's file begins.
    public void place(int rank, long fileAddress) {
        for (int at = 0; at < owner.length; at++) {
            if (owner[at] == rank) {
                addresses[at] = fileAddress + offsets[rank][index[at]];
            }
        }
    }

    /// The own spans lie in several mappings.
    public void place(int me, List<Partial> mine) {
        for (int at = 0; at < owner.length; at++) {
            if (owner[at] == me) {
                addresses[at] = mine.get(index[at]).span().address();
            }
        }
    }
}
