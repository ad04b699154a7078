package dev.pando.diagnosis.health;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;

/// Finds the bad nodes among many in two rounds of tests that groups of nodes do together, such as a collective or a
/// known product: the test of Acme (Hu et al., NSDI'24, section 6.1) and DLRover.
///
/// Round one tests pairs, and one group of three where the number is odd. A group that passes clears its nodes; the
/// nodes of the others are suspects. Round two tests each suspect with two nodes that are cleared, one after the other,
/// so that a bad link to one of them blames no node: a suspect is bad if it fails with both. Where no group passed
/// nothing can be told, and all are returned as unsettled.
public final class BadNodes {
    private BadNodes() {}

    /// What the tests showed, by nodes in ascending order.
    ///
    /// @param bad failed with two cleared nodes
    /// @param links suspects that failed with one cleared node and passed with another, as `suspect - node`
    /// @param unsettled suspects for which there was no cleared node
    /// @param tests that were made
    public record Outcome(List<String> bad, List<String> links, List<String> unsettled, int tests) {}

    /// @param nodes that stand idle
    /// @param passes whether the nodes of a group pass their test together
    public static Outcome find(Collection<String> nodes, Predicate<List<String>> passes) {
        List<String> all = List.copyOf(new TreeSet<>(nodes));
        TreeSet<String> cleared = new TreeSet<>();
        List<String> suspects = new ArrayList<>();
        int tests = 0;
        for (List<String> group : pairs(all)) {
            tests++;
            (passes.test(group) ? cleared : suspects).addAll(group);
        }
        List<String> bad = new ArrayList<>();
        List<String> links = new ArrayList<>();
        List<String> good = List.copyOf(cleared);
        if (good.isEmpty()) {
            return new Outcome(List.of(), List.of(), List.copyOf(suspects), tests);
        }
        for (int i = 0; i < suspects.size(); i++) {
            String suspect = suspects.get(i);
            // different partners for different suspects, so that they can be tested at the same time
            String one = good.get(2 * i % good.size());
            String other = good.get((2 * i + 1) % good.size());
            tests++;
            if (passes.test(List.of(suspect, one))) {
                continue;
            }
            tests++;
            if (!one.equals(other) && passes.test(List.of(suspect, other))) {
                links.add(suspect + " - " + one);
            } else {
                bad.add(suspect);
            }
        }
        return new Outcome(List.copyOf(bad), List.copyOf(links), List.of(), tests);
    }

    /// The groups of round one; a single node is a group by itself.
    static List<List<String>> pairs(List<String> nodes) {
        List<List<String>> groups = new ArrayList<>();
        int last = nodes.size() - nodes.size() % 2 - (nodes.size() % 2 == 1 && nodes.size() > 1 ? 2 : 0);
        for (int i = 0; i < last; i += 2) {
            groups.add(nodes.subList(i, i + 2));
        }
        if (last < nodes.size()) {
            groups.add(nodes.subList(last, nodes.size()));
        }
        return groups;
    }
}
