package dev.pando.runtime.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/// Decides for a node that has only discovered others whether to join a grove, to found one, or to wait.
///
/// If one of them is a member of a grove, that is the grove to join. If not, and as many as are required see one and
/// the same set of nodes for several rounds, all of them answering, the first of that set founds it. A node that sees
/// another set waits for agreement: two founders would have to stand first in two sets without a common node, and there
/// is no room for two of them where more than half of all nodes are required.
final class BootstrapDecision {
    /// What a discovered node says when it is asked.
    sealed interface Answer {
        /// @param system address of its actor system
        record Member(String system) implements Answer {}

        /// @param sees the nodes that it has discovered
        record Waiting(SortedSet<String> sees) implements Answer {}

        record Silent(String sentence) implements Answer {}
    }

    sealed interface Verdict {
        /// @param systems addresses of actor systems in the grove
        record Join(List<String> systems) implements Verdict {}

        record Found() implements Verdict {}

        /// @param sentence for whom, or for what
        record Wait(String sentence) implements Verdict {}
    }

    /// Rounds in a row that must agree, so that no node acts on what was true for a moment only.
    static final int ROUNDS = 3;

    private final String own;
    private final int required;
    private SortedSet<String> agreedOn = new TreeSet<>();
    private int rounds;

    /// @param own `address:port` of the node that decides
    /// @param required how many nodes must be there
    BootstrapDecision(String own, int required) {
        this.own = own;
        this.required = required;
    }

    /// @param seen all nodes that this one has discovered
    /// @param answers of all of them but this one
    Verdict decide(SortedSet<String> seen, SortedMap<String, Answer> answers) {
        List<String> systems = new ArrayList<>();
        for (Answer answer : answers.values()) {
            if (answer instanceof Answer.Member(String system)) {
                systems.add(system);
            }
        }
        if (!systems.isEmpty()) {
            return new Verdict.Join(systems);
        }
        Optional<String> obstacle = obstacle(seen, answers);
        rounds = obstacle.isPresent() ? 0 : seen.equals(agreedOn) ? rounds + 1 : 1;
        agreedOn = seen;
        if (rounds >= ROUNDS && seen.first().equals(own)) {
            return new Verdict.Found();
        }
        return new Verdict.Wait(
                obstacle.orElseGet(() -> seen.size() + " nodes agree that " + seen.first() + " founds the grove"));
    }

    private Optional<String> obstacle(SortedSet<String> seen, Map<String, Answer> answers) {
        if (!seen.contains(own)) {
            return Optional.of("discovery does not name this node, " + own + ", among " + String.join(", ", seen));
        }
        if (seen.size() < required) {
            return Optional.of(
                    "discovery has found "
                            + seen.size()
                            + " of the "
                            + required
                            + " nodes without which no grove is founded: "
                            + String.join(", ", seen));
        }
        for (Map.Entry<String, Answer> other : answers.entrySet()) {
            if (other.getValue() instanceof Answer.Silent(String sentence)) {
                return Optional.of(sentence);
            }
            if (other.getValue() instanceof Answer.Waiting(SortedSet<String> sees) && !sees.equals(seen)) {
                return Optional.of(
                        other.getKey()
                                + " has not discovered the same nodes: "
                                + String.join(", ", sees)
                                + ", not "
                                + String.join(", ", seen));
            }
        }
        return Optional.empty();
    }
}
