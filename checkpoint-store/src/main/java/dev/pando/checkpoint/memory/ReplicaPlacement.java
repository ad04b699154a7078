package dev.pando.checkpoint.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Chooses whose memory holds whose state: a pure function of who is there, so that every node comes to the same
/// choice.
///
/// Each owner gets its peers from other racks first, then from other hosts, then any other; among equals the one that
/// holds least so far, then the next one in the circle of names. So every node holds about as much as every other, and
/// the loss of one host or rack takes an owner and its copies together only where there is nothing else.
public final class ReplicaPlacement {
    private ReplicaPlacement() {}

    /// A node, and where it stands.
    ///
    /// @param host empty: not known, and then counted as one of its own
    /// @param rack as with the host
    public record Node(String name, String host, String rack) {}

    /// @param copies of each state on other nodes; fewer where there are not as many nodes
    /// @return for each node, who holds its state
    public static Map<String, List<String>> choose(List<Node> nodes, int copies) {
        List<Node> circle = new ArrayList<>(nodes);
        circle.sort((left, right) -> left.name.compareTo(right.name));
        Map<String, Integer> load = new HashMap<>();
        Map<String, List<String>> holders = new HashMap<>();
        for (int at = 0; at < circle.size(); at++) {
            List<Node> chosen = new ArrayList<>();
            while (chosen.size() < Math.min(copies, circle.size() - 1)) {
                chosen.add(next(circle, at, chosen, load));
            }
            chosen.forEach(node -> load.merge(node.name, 1, Integer::sum));
            holders.put(circle.get(at).name, chosen.stream().map(Node::name).toList());
        }
        return holders;
    }

    private static Node next(List<Node> circle, int owner, List<Node> chosen, Map<String, Integer> load) {
        Set<Node> taken = new HashSet<>(chosen);
        taken.add(circle.get(owner));
        Node best = null;
        long bestRank = Long.MAX_VALUE;
        for (int step = 1; step < circle.size(); step++) {
            Node candidate = circle.get((owner + step) % circle.size());
            if (!taken.contains(candidate)) {
                long rank = (long) nearness(candidate, taken) << 32 | load.getOrDefault(candidate.name, 0);
                if (rank < bestRank) { // the first of equals in the circle
                    best = candidate;
                    bestRank = rank;
                }
            }
        }
        return best;
    }

    /// 0: shares nothing with those who have the state; 1: a rack; 2: a host.
    private static int nearness(Node candidate, Set<Node> taken) {
        int nearness = 0;
        for (Node node : taken) {
            if (!node.host.isEmpty() && node.host.equals(candidate.host)) {
                return 2;
            }
            if (!node.rack.isEmpty() && node.rack.equals(candidate.rack)) {
                nearness = 1;
            }
        }
        return nearness;
    }
}
