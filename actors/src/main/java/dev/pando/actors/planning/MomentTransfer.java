package dev.pando.actors.planning;

import dev.pando.actors.job.MomentPlacement;
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

/// Spans of a sharded state that one worker sends another: pure functions say which there are to be.
///
/// All workers that take part know the whole list, and each does its own transfers in the list's order. So no two
/// workers wait for each other; and consecutive transfers use different workers, as far as possible, so that they run
/// in parallel.
public record MomentTransfer(String from, String to, Content content, SortedSet<Integer> spans) {
    public enum Content {
        WEIGHTS,
        MOMENTS
    }

    private record Pair(String from, String to) {}

    /// After a step has been applied by the holders: their weights to every worker that does not hold them.
    public static List<MomentTransfer> gather(MomentPlacement placement, int spans) {
        Map<Pair, SortedSet<Integer>> weights = new HashMap<>();
        List<String> speakers = placement.speakers(spans);
        for (int span = 0; span < spans; span++) {
            String speaker = speakers.get(span);
            for (String worker : placement.workers()) {
                if (!placement.spans().get(worker).contains(span)) {
                    weights.computeIfAbsent(new Pair(speaker, worker), _ -> new TreeSet<>()).add(span);
                }
            }
        }
        return inOrder(transfers(weights, Content.WEIGHTS), placement.workers());
    }

    /// What is to be copied so that each worker holds what it should, and newcomers have all weights.
    ///
    /// @param donors who have all weights
    /// @param newcomers who hold nothing yet, of those in `to`
    public static List<MomentTransfer> rebuild(
            MomentPlacement from, MomentPlacement to, List<String> donors, Collection<String> newcomers, int spans) {
        Map<Pair, SortedSet<Integer>> moments = new HashMap<>();
        SortedMap<String, Integer> sent = new TreeMap<>();
        from.workers().forEach(worker -> sent.put(worker, 0));
        for (int span = 0; span < spans; span++) {
            List<String> holders = from.holders(span);
            for (String worker : to.holders(span)) {
                if (!holders.contains(worker) && !holders.isEmpty()) {
                    String idlest = holders.stream().min(Comparator.comparing(sent::get)).orElseThrow();
                    sent.merge(idlest, 1, Integer::sum);
                    moments.computeIfAbsent(new Pair(idlest, worker), _ -> new TreeSet<>()).add(span);
                }
            }
        }
        Map<Pair, SortedSet<Integer>> weights = new HashMap<>();
        int next = 0;
        for (String newcomer : new TreeSet<>(newcomers)) {
            for (int span = 0; span < spans; span++) {
                Pair pair = new Pair(donors.get(next++ % donors.size()), newcomer);
                weights.computeIfAbsent(pair, _ -> new TreeSet<>()).add(span);
            }
        }
        List<MomentTransfer> all = new ArrayList<>(transfers(weights, Content.WEIGHTS));
        all.addAll(transfers(moments, Content.MOMENTS));
        SortedSet<String> workers = new TreeSet<>(from.workers());
        workers.addAll(to.workers());
        workers.addAll(donors);
        return inOrder(all, List.copyOf(workers));
    }

    /// All moments that one worker does not hold, to that one.
    public static List<MomentTransfer> collect(MomentPlacement placement, String collector, int spans) {
        Map<Pair, SortedSet<Integer>> moments = new HashMap<>();
        List<String> speakers = placement.speakers(spans);
        for (int span = 0; span < spans; span++) {
            if (!placement.spans().get(collector).contains(span)) {
                moments.computeIfAbsent(new Pair(speakers.get(span), collector), _ -> new TreeSet<>()).add(span);
            }
        }
        return inOrder(transfers(moments, Content.MOMENTS), placement.workers());
    }

    private static List<MomentTransfer> transfers(Map<Pair, SortedSet<Integer>> spans, Content content) {
        return spans.entrySet().stream()
                .map(entry -> new MomentTransfer(entry.getKey().from(), entry.getKey().to(), content, entry.getValue()))
                .toList();
    }

    /// In rounds in which each worker has to do with one other.
    private static List<MomentTransfer> inOrder(List<MomentTransfer> transfers, List<String> workers) {
        return transfers.stream()
                .sorted(
                        Comparator.<MomentTransfer>comparingInt(
                                        one -> (workers.indexOf(one.from) + workers.indexOf(one.to)) % workers.size())
                                .thenComparing(MomentTransfer::from)
                                .thenComparing(MomentTransfer::to)
                                .thenComparing(MomentTransfer::content))
                .toList();
    }
}
