package dev.pando.actors;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Who holds the moments of which spans, where optimizer state is sharded.
///
/// @param spans of each worker, in the order of their names; a worker may hold none
public record Placement(SortedMap<String, SortedSet<Integer>> spans) {
    public Placement {
        SortedMap<String, SortedSet<Integer>> copy = new TreeMap<>();
        spans.forEach((worker, held) -> copy.put(worker, new TreeSet<>(held)));
        spans = copy;
    }

    /// Nobody holds anything.
    static Placement none() {
        return new Placement(new TreeMap<>());
    }

    List<String> workers() {
        return List.copyOf(spans.keySet());
    }

    /// What a worker holds.
    SortedSet<Integer> of(String worker) {
        return new TreeSet<>(spans.getOrDefault(worker, new TreeSet<>()));
    }

    /// Who holds a span, in the order of their names.
    List<String> holders(int span) {
        return spans.entrySet().stream()
                .filter(entry -> entry.getValue().contains(span))
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Spans that nobody holds.
    SortedSet<Integer> lost(int number) {
        SortedSet<Integer> lost = new TreeSet<>();
        for (int span = 0; span < number; span++) {
            lost.add(span);
        }
        spans.values().forEach(lost::removeAll);
        return lost;
    }

    /// The worker is gone.
    Placement without(String worker) {
        SortedMap<String, SortedSet<Integer>> rest = new TreeMap<>(spans);
        rest.remove(worker);
        return new Placement(rest);
    }

    /// The worker holds these spans, and no others.
    Placement with(String worker, Collection<Integer> held) {
        SortedMap<String, SortedSet<Integer>> all = new TreeMap<>(spans);
        all.put(worker, new TreeSet<>(held));
        return new Placement(all);
    }

    /// Who sends each span where it is needed: one of its holders, so that each of them has about as much to send.
    List<String> speakers(int number) {
        Map<String, Integer> sent = new HashMap<>();
        List<String> speakers = new ArrayList<>();
        for (int span = 0; span < number; span++) {
            String idlest =
                    holders(span).stream()
                            .min(Comparator.comparing(holder -> sent.getOrDefault(holder, 0)))
                            .orElseThrow();
            sent.merge(idlest, 1, Integer::sum);
            speakers.add(idlest);
        }
        return speakers;
    }
}
