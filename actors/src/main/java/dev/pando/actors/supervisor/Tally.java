package dev.pando.actors.supervisor;

import dev.pando.training.step.Trainer.Examined;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Settles one vote per training step: all apply or all drop.
final class Tally {
    private static final Examined NO_NUMBER = new Examined(Double.NaN, 0); // whatever its bits are

    private final SortedSet<String> voters;
    private final Map<String, Examined> votes = new TreeMap<>();

    Tally(Collection<String> voters) {
        this.voters = new TreeSet<>(voters);
    }

    void vote(String worker, Examined examined) {
        if (voters.contains(worker)) {
            votes.put(worker, examined);
        }
    }

    boolean isComplete() {
        return votes.size() == voters.size();
    }

    List<String> missing() {
        return voters.stream().filter(voter -> !votes.containsKey(voter)).toList();
    }

    /// What the votes say, once all are in.
    Verdict verdict() {
        votes.replaceAll((_, vote) -> vote.isFinite() ? vote : NO_NUMBER);
        Map<Examined, Integer> counts = new java.util.LinkedHashMap<>();
        votes.values().forEach(vote -> counts.merge(vote, 1, Integer::sum));
        if (counts.size() == 1) {
            return new Agreed(votes.values().iterator().next());
        }
        int most = counts.values().stream().max(Integer::compare).orElseThrow();
        boolean majority = 2 * most > votes.size();
        List<String> outvoted =
                votes.entrySet().stream()
                        .filter(vote -> counts.get(vote.getValue()) < most)
                        .map(Map.Entry::getKey)
                        .toList();
        return majority ? new Outvoted(outvoted) : new Split();
    }

    sealed interface Verdict {}

    /// All agree to the bit, or that the gradient is no number.
    record Agreed(Examined examined) implements Verdict {}

    /// These differ from a majority: their memory or arithmetic is not to be trusted.
    record Outvoted(List<String> workers) implements Verdict {}

    /// They differ, and it is unknown which are right.
    record Split() implements Verdict {}
}
