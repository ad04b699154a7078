package dev.pando.actors.planning;

import dev.pando.actors.job.MomentPlacement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Decides who is to hold the moments of which spans: a pure function of who holds what now, who takes part, and how
/// many copies there should be.
///
/// Every span gets that many holders, or all workers where there are fewer; no worker holds two spans more than
/// another; and of all placements that are so, it is one for which the fewest spans move. It is found as a flow of
/// least cost, from spans through workers: a unit is a copy, and a copy costs something where it is not held yet.
public final class MomentPlacementPlanner {
    private static final long HELD = 0;
    private static final long MOVED = 1L << 32;

    /// Below what a move costs, however many there are: of two new homes of a span it is by this that one is taken. It
    /// scatters the spans, so that those which two workers have in common are few, and when one is lost all send
    /// copies.
    private static final int SCATTERED = 1 << 10;

    /// Less than any number of moves costs: all workers hold their even share before one holds a span more.
    private static final long EVEN_SHARE = -1L << 50;

    /// Edges of the flow, each followed by its reverse.
    private final List<long[]> edges = new ArrayList<>(); // to, room, cost

    private final List<List<Integer>> outgoing = new ArrayList<>();

    private MomentPlacementPlanner(int nodes) {
        for (int node = 0; node < nodes; node++) {
            outgoing.add(new ArrayList<>());
        }
    }

    /// @param now who holds what; workers that take part no longer may be among them
    /// @param workers that take part
    /// @param spans of the cut
    /// @param copies of each span
    public static MomentPlacement plan(MomentPlacement now, Collection<String> workers, int spans, int copies) {
        List<String> crew = workers.stream().sorted().toList();
        if (crew.isEmpty()) {
            return MomentPlacement.none();
        }
        int wanted = Math.min(copies, crew.size());
        int share = spans * wanted / crew.size();
        int source = spans + crew.size();
        int sink = source + 1;
        MomentPlacementPlanner flow = new MomentPlacementPlanner(sink + 1);
        List<SortedSet<Integer>> held = crew.stream().map(now::of).toList();
        for (int span = 0; span < spans; span++) {
            flow.connect(source, span, wanted, 0);
            for (int worker = 0; worker < crew.size(); worker++) {
                flow.connect(
                        span,
                        spans + worker,
                        1,
                        held.get(worker).contains(span) ? HELD : MOVED + scatter(span, worker));
            }
        }
        for (int worker = 0; worker < crew.size(); worker++) {
            flow.connect(spans + worker, sink, share, EVEN_SHARE);
            flow.connect(spans + worker, sink, 1, 0);
        }
        while (flow.pushOne(source, sink)) {
            // one copy more has a holder
        }
        return flow.read(crew, spans);
    }

    private static long scatter(int span, int worker) {
        return (span * 0x9E3779B1L + worker * 0x85EBCA77L) * 0xC2B2AE3DL >>> 24 & SCATTERED - 1;
    }

    private void connect(int from, int to, int room, long cost) {
        outgoing.get(from).add(edges.size());
        edges.add(new long[] {to, room, cost});
        outgoing.get(to).add(edges.size());
        edges.add(new long[] {from, 0, -cost});
    }

    /// Sends a unit the cheapest way, which may lead back through what was sent before.
    private boolean pushOne(int source, int sink) {
        long[] cost = new long[outgoing.size()];
        int[] by = new int[outgoing.size()];
        Arrays.fill(cost, Long.MAX_VALUE);
        cost[source] = 0;
        boolean[] queued = new boolean[outgoing.size()];
        Deque<Integer> queue = new ArrayDeque<>(List.of(source));
        while (!queue.isEmpty()) {
            int node = queue.remove();
            queued[node] = false;
            for (int number : outgoing.get(node)) {
                long[] edge = edges.get(number);
                int to = (int) edge[0];
                if (edge[1] > 0 && cost[node] + edge[2] < cost[to]) {
                    cost[to] = cost[node] + edge[2];
                    by[to] = number;
                    if (!queued[to]) {
                        queued[to] = true;
                        queue.add(to);
                    }
                }
            }
        }
        if (cost[sink] == Long.MAX_VALUE) {
            return false;
        }
        for (int node = sink; node != source; node = (int) edges.get(by[node] ^ 1)[0]) {
            edges.get(by[node])[1]--;
            edges.get(by[node] ^ 1)[1]++;
        }
        return true;
    }

    private MomentPlacement read(List<String> crew, int spans) {
        SortedMap<String, SortedSet<Integer>> placed = new TreeMap<>();
        crew.forEach(worker -> placed.put(worker, new TreeSet<>()));
        for (int span = 0; span < spans; span++) {
            for (int number : outgoing.get(span)) {
                long[] edge = edges.get(number);
                if (number % 2 == 0 && edge[1] == 0) {
                    placed.get(crew.get((int) edge[0] - spans)).add(span);
                }
            }
        }
        return new MomentPlacement(placed);
    }
}
