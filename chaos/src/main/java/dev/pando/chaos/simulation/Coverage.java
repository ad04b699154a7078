package dev.pando.chaos.simulation;

import dev.pando.chaos.faults.Fault;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a number of histories have visited: which state of which actor heard what, and what it became; and which faults
/// met in one history.
public final class Coverage {
    /// @param heard a message or signal by its name; empty where it was none
    public record Transition(String actor, String from, String heard, String to) implements Comparable<Transition> {
        @Override
        public int compareTo(Transition other) {
            return toString().compareTo(other.toString());
        }

        @Override
        public String toString() {
            return actor + ": " + from + " -- " + heard + " -> " + to;
        }
    }

    /// Every state that an actor of ours names; a test keeps this list and the sources equal.
    static final List<String> STATES =
            Stream.concat(
                            Stream.of(
                                            "mustering",
                                            "opening",
                                            "gathering",
                                            "recovering",
                                            "awaitingWriter",
                                            "loading",
                                            "waitingForWorkers",
                                            "savingTheLastCopy",
                                            "awaitingReport",
                                            "receiving",
                                            "computing",
                                            "voting",
                                            "cutOff",
                                            "closing",
                                            "pausing",
                                            "digesting")
                                    .map(state -> "JobSupervisor: " + state),
                            Stream.of("building", "refused", "ready", "awaiting the copy")
                                    .map(state -> "PipelineStage: " + state))
                    .toList();

    private final Map<Transition, Long> transitions = new HashMap<>();
    private final Map<String, Long> pairs = new HashMap<>();
    private final Map<String, Long> kinds = new HashMap<>();

    void visited(String actor, String from, String heard, String to) {
        transitions.merge(new Transition(actor, from, heard, to), 1L, Long::sum);
    }

    /// These faults struck in one history.
    void struck(Iterable<Fault> faults) {
        SortedMap<String, Fault> distinct = new TreeMap<>();
        faults.forEach(fault -> distinct.put(fault.effect().kind().words(), fault));
        for (String one : distinct.keySet()) {
            kinds.merge(one, 1L, Long::sum);
            for (String other : distinct.tailMap(one).keySet()) {
                if (!one.equals(other)) {
                    pairs.merge(one + " + " + other, 1L, Long::sum);
                }
            }
        }
    }

    public void add(Coverage other) {
        other.transitions.forEach((transition, times) -> transitions.merge(transition, times, Long::sum));
        other.pairs.forEach((pair, times) -> pairs.merge(pair, times, Long::sum));
        other.kinds.forEach((kind, times) -> kinds.merge(kind, times, Long::sum));
    }

    /// States of the actors, as `actor: state`, that were never entered.
    public List<String> unvisited() {
        Set<String> visited =
                transitions.keySet().stream().map(each -> each.actor() + ": " + each.to()).collect(Collectors.toSet());
        return STATES.stream().filter(state -> !visited.contains(state)).toList();
    }

    /// How often each transition was made.
    public SortedMap<Transition, Long> transitions() {
        return new TreeMap<>(transitions);
    }

    /// In how many histories each kind of fault struck.
    public SortedMap<String, Long> kinds() {
        return new TreeMap<>(kinds);
    }

    /// In how many histories two kinds of faults struck.
    public SortedMap<String, Long> pairs() {
        return new TreeMap<>(pairs);
    }
}
