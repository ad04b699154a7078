package dev.pando.data.code;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Orders files so that what is imported comes before what imports it (InternLM2, section 3.1.2).
///
/// Of several files that could come next, the one whose path is first in the alphabet does; so the order is one. Where
/// files import each other in a circle, the circle is entered at its first path in the alphabet.
final class ImportGraph {
    private final String[] paths;
    private final int[][] imports;
    private final int[][] importers;

    /// @param imports by file; all files are keys
    ImportGraph(SortedMap<String, Set<String>> imports) {
        paths = imports.keySet().toArray(String[]::new);
        Map<String, Integer> numbers = new TreeMap<>();
        for (int i = 0; i < paths.length; i++) {
            numbers.put(paths[i], i);
        }
        this.imports = new int[paths.length][];
        List<List<Integer>> back = new ArrayList<>();
        for (int i = 0; i < paths.length; i++) {
            back.add(new ArrayList<>());
        }
        for (int i = 0; i < paths.length; i++) {
            this.imports[i] = imports.get(paths[i]).stream().mapToInt(numbers::get).toArray();
            for (int other : this.imports[i]) {
                back.get(other).add(i);
            }
        }
        importers = back.stream().map(list -> list.stream().mapToInt(i -> i).toArray()).toArray(int[][]::new);
    }

    List<String> order() {
        int n = paths.length;
        int[] missing = new int[n];
        boolean[] done = new boolean[n];
        PriorityQueue<Integer> ready = new PriorityQueue<>(); // numbers are in the order of paths
        for (int i = 0; i < n; i++) {
            missing[i] = imports[i].length;
            if (missing[i] == 0) {
                ready.add(i);
            }
        }
        List<String> order = new ArrayList<>();
        while (order.size() < n) {
            int next = ready.isEmpty() ? entry(done) : ready.remove();
            if (done[next]) {
                continue;
            }
            done[next] = true;
            order.add(paths[next]);
            for (int importer : importers[next]) {
                if (--missing[importer] == 0 && !done[importer]) {
                    ready.add(importer);
                }
            }
        }
        return order;
    }

    /// The first path among the circles that import nothing outside themselves that is still to come.
    private int entry(boolean[] done) {
        int[] circle = circles(done);
        boolean[] waits = new boolean[paths.length];
        for (int i = 0; i < paths.length; i++) {
            for (int other : imports[i]) {
                if (!done[i] && !done[other] && circle[other] != circle[i]) {
                    waits[circle[i]] = true;
                }
            }
        }
        int first = 0;
        while (done[first] || waits[circle[first]]) {
            first++;
        }
        return first;
    }

    /// Tarjan's strongly connected components, without recursion; a number for each file that is not done.
    private int[] circles(boolean[] done) {
        int n = paths.length;
        int[] circle = new int[n];
        int[] index = new int[n];
        int[] low = new int[n];
        int[] edge = new int[n];
        boolean[] open = new boolean[n];
        Arrays.fill(index, -1);
        int count = 0;
        int circles = 0;
        Deque<Integer> stack = new ArrayDeque<>();
        Deque<Integer> path = new ArrayDeque<>();
        for (int root = 0; root < n; root++) {
            if (done[root] || index[root] >= 0) {
                continue;
            }
            path.push(root);
            while (!path.isEmpty()) {
                int at = path.peek();
                if (index[at] < 0) {
                    index[at] = low[at] = count++;
                    stack.push(at);
                    open[at] = true;
                }
                int deeper = -1;
                while (edge[at] < imports[at].length && deeper < 0) {
                    int other = imports[at][edge[at]++];
                    if (done[other]) {
                        continue;
                    }
                    if (index[other] < 0) {
                        deeper = other;
                    } else if (open[other]) {
                        low[at] = Math.min(low[at], index[other]);
                    }
                }
                if (deeper >= 0) {
                    path.push(deeper);
                    continue;
                }
                path.pop();
                if (!path.isEmpty()) {
                    low[path.peek()] = Math.min(low[path.peek()], low[at]);
                }
                if (low[at] == index[at]) {
                    int member;
                    do {
                        member = stack.pop();
                        open[member] = false;
                        circle[member] = circles;
                    } while (member != at);
                    circles++;
                }
            }
        }
        return circle;
    }
}
