package dev.pando.chaos.simulation;

import dev.pando.chaos.faults.Fault;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;

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
        return Moves.states().stream().filter(state -> !visited.contains(state)).toList();
    }

    /// Changes of state of the actors that have named states, and how often each was made.
    SortedMap<Moves.Move, Long> moves() {
        SortedMap<Moves.Move, Long> moves = new TreeMap<>();
        transitions.forEach((transition, times) -> {
            boolean isOwn = !transition.to().equals(Scribe.ENDED) && !transition.from().equals(Scribe.ENDED);
            if (isOwn && !transition.from().equals(transition.to()) && Moves.ACTORS.contains(transition.actor())) {
                moves.merge(new Moves.Move(transition.actor(), transition.from(), transition.to()), times, Long::sum);
            }
        });
        return moves;
    }

    /// How many of the changes of state were made that the code allows.
    public String spoken() {
        int possible = Moves.possible().size();
        return possible - unmade().size() + " of " + possible + " changes of state were made that the actors allow";
    }

    /// Changes of state that the code allows, and that were never made.
    public List<String> unmade() {
        SortedMap<Moves.Move, Long> made = moves();
        return Moves.possible().stream().filter(move -> !made.containsKey(move)).map(Object::toString).toList();
    }

    /// Changes of state that were made, and are in no list.
    public List<String> unforeseen() {
        SortedSet<Moves.Move> possible = Moves.possible();
        return moves().keySet().stream().filter(move -> !possible.contains(move)).map(Object::toString).toList();
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
