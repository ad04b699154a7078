package dev.pando.runtime.cluster;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.journal.Lease.Holder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/// Decides for a node that would found a grove whether the grove that holds the journal's lease still lives.
///
/// Evidence comes first: processes that have ended leave the place free at once. Where nothing is known of a node, the
/// silence of the journal counts, and where a process is there and stands still, a longer one.
final class Vacancy {
    /// What is found at the control port of a node that the lease names.
    sealed interface Sign {
        /// @param system address of its actor system, in the grove that holds the lease
        record Member(String system) implements Sign {}

        /// Its process has ended, or is of no grove any more.
        record Gone() implements Sign {}

        /// It is about to be a member of that grove.
        record Starting() implements Sign {}

        /// A process is there, and does not answer.
        record StandsStill() implements Sign {}

        /// Nothing is known: it is on another host, which does not answer, or may be cut off.
        record Unknown() implements Sign {}
    }

    sealed interface Verdict {
        /// @param page to write
        /// @param isCertain whether no node of another grove can still believe that the journal is its own
        record Take(long page, boolean isCertain) implements Verdict {}

        /// @param systems addresses of actor systems
        record Join(List<String> systems, String grove) implements Verdict {}

        record Wait(String sentence) implements Verdict {}

        record Refuse(String sentence) implements Verdict {}
    }

    /// Of a journal whose grove cannot be asked; members write once a second.
    static final double SILENCE_SECONDS = 5;

    /// Of a journal while a process of its grove stands still: it may go on.
    static final double STANDSTILL_SECONDS = 60;

    /// For members that write and cannot be reached.
    static final double PATIENCE_SECONDS = 60;

    private final Stopwatch stopwatch;
    private final long beginNs;
    private long page = -1;
    private long writtenNs; // when the last page was first seen
    private boolean hasGrown;

    Vacancy(Stopwatch stopwatch) {
        this.stopwatch = stopwatch;
        this.beginNs = stopwatch.nanos();
    }

    /// @param holder of the lease now
    /// @param signs of the nodes that it names
    Verdict decide(Optional<Holder> holder, SortedMap<String, Sign> signs) {
        if (holder.isEmpty() || holder.get().over()) {
            return new Verdict.Take(holder.map(last -> last.page() + 1).orElse(1L), true);
        }
        Holder last = holder.get();
        if (last.page() != page) {
            hasGrown |= page >= 0;
            page = last.page();
            writtenNs = stopwatch.nanos();
        }
        List<String> members = members(signs.values());
        if (!members.isEmpty()) {
            return new Verdict.Join(members, last.grove());
        }
        if (signs.values().stream().allMatch(Sign.Gone.class::isInstance)) {
            return new Verdict.Take(last.page() + 1, true);
        }
        return silence(last, signs);
    }

    private Verdict silence(Holder last, Map<String, Sign> signs) {
        boolean isThere =
                signs.values().stream()
                        .anyMatch(sign -> sign instanceof Sign.StandsStill || sign instanceof Sign.Starting);
        double enough = isThere ? STANDSTILL_SECONDS : SILENCE_SECONDS;
        if (stopwatch.secondsSince(writtenNs) > enough) {
            return new Verdict.Take(last.page() + 1, false);
        }
        String nodes = String.join(", ", last.nodes());
        if (hasGrown && stopwatch.secondsSince(beginNs) > PATIENCE_SECONDS) {
            return new Verdict.Refuse(
                    "a grove that lives writes this journal, and none of its nodes answers: "
                            + nodes
                            + "; see why they cannot be reached from here, or give this node another"
                            + " pando.grove.journal");
        }
        return new Verdict.Wait(
                isThere
                        ? "a node of the grove that holds this journal is there and does not answer: " + nodes
                        : "the grove that holds this journal may still live, and does not answer: " + nodes);
    }

    private static List<String> members(Collection<Sign> signs) {
        List<String> members = new ArrayList<>();
        for (Sign sign : signs) {
            if (sign instanceof Sign.Member(String system)) {
                members.add(system);
            }
        }
        return members;
    }
}
