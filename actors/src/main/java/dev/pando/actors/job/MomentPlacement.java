package dev.pando.actors.job;

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

/// Workers and the spans whose moments they hold, where optimizer state is sharded.
///
/// @param spans of each worker, in the order of their names; a worker may hold none
public record MomentPlacement(SortedMap<String, SortedSet<Integer>> spans) {
    public MomentPlacement {
        SortedMap<String, SortedSet<Integer>> copy = new TreeMap<>();
        spans.forEach((worker, held) -> copy.put(worker, new TreeSet<>(held)));
        spans = copy;
    }

    /// No worker holds anything.
    public static MomentPlacement none() {
        return new MomentPlacement(new TreeMap<>());
    }

    public List<String> workers() {
        return List.copyOf(spans.keySet());
    }

    /// What a worker holds.
    public SortedSet<Integer> of(String worker) {
        return new TreeSet<>(spans.getOrDefault(worker, new TreeSet<>()));
    }

    /// Holders of a span, in the order of their names.
    public List<String> holders(int span) {
        return spans.entrySet().stream()
                .filter(entry -> entry.getValue().contains(span))
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Spans without a holder.
    public SortedSet<Integer> lost(int number) {
        SortedSet<Integer> lost = new TreeSet<>();
        for (int span = 0; span < number; span++) {
            lost.add(span);
        }
        spans.values().forEach(lost::removeAll);
        return lost;
    }

    /// The worker is gone.
    public MomentPlacement without(String worker) {
        SortedMap<String, SortedSet<Integer>> rest = new TreeMap<>(spans);
        rest.remove(worker);
        return new MomentPlacement(rest);
    }

    /// The worker holds these spans, and no others.
    public MomentPlacement with(String worker, Collection<Integer> held) {
        SortedMap<String, SortedSet<Integer>> all = new TreeMap<>(spans);
        all.put(worker, new TreeSet<>(held));
        return new MomentPlacement(all);
    }

    /// The sender of each span: one of its holders, so that each of them has about as much to send.
    public List<String> speakers(int number) {
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
