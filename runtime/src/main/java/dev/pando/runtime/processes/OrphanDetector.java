package dev.pando.runtime.processes;

import dev.pando.actors.job.Stopwatch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// Decides which processes of [NodeProcesses] are of their grove, or will be, and which can join none.
///
/// The grove may go on without a node, which then joins again; but where no member is left at all, because most of them
/// died at once and the others could not know that they were not cut off, no node is ever let in.
final class OrphanDetector {
    /// How long nodes that are out may look for members that are unknown here, before they are given up.
    static final double PATIENCE_SECONDS = 5;

    private enum Standing {
        /// Told to join others, or to found the grove.
        NEW,
        MEMBER,
        /// Was one.
        OUT
    }

    private final Predicate<String> isAlive;
    private final Stopwatch stopwatch;
    private final Map<String, List<String>> joined = new HashMap<>();
    private final Map<String, Standing> standings = new HashMap<>();
    private long lastMemberNs;

    OrphanDetector(Predicate<String> isAlive, Stopwatch stopwatch) {
        this.isAlive = isAlive;
        this.stopwatch = stopwatch;
    }

    /// @param others whom it was told to join: none where it is the first of its grove
    void begins(String node, List<String> others) {
        joined.put(node, List.copyOf(others));
        standings.put(node, Standing.NEW);
    }

    /// Has been asked. One that does not answer is what it was.
    void found(String node, boolean isMember) {
        standings.computeIfPresent(
                node, (name, before) -> isMember ? Standing.MEMBER : before == Standing.NEW ? before : Standing.OUT);
        if (standings.containsValue(Standing.MEMBER)) {
            lastMemberNs = stopwatch.nanos();
        }
    }

    void ends(String node) {
        joined.remove(node);
        standings.remove(node);
    }

    /// Whether it is of the grove, or will be. One that was told to join nodes of which none is left, before any of
    /// them let it in, can never join.
    boolean isRooted(String node) {
        if (!standings.containsKey(node) || !isAlive.test(node)) {
            return false;
        }
        return switch (standings.get(node)) {
            case NEW -> joined.get(node).isEmpty() || joined.get(node).stream().anyMatch(this::isRooted);
            case MEMBER -> true;
            case OUT -> stopwatch.secondsSince(lastMemberNs) < PATIENCE_SECONDS;
        };
    }
}
