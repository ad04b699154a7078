package dev.pando.chaos.survival;

import dev.pando.chaos.faults.Fault;
import java.time.Instant;
import java.util.Optional;

/// One fault of a run of real processes, and what is known of how it struck.
///
/// @param number from 1, in the order in which they were dealt
/// @param dealt when it was sent on its way
/// @param struck when it struck, if it has
/// @param who was struck: `node-3`, or `node-3.worker-0 in compute of step 12`
public record Blow(int number, Fault fault, Instant dealt, Optional<Instant> struck, String who) {
    Blow struckAt(Instant moment, String whom) {
        return new Blow(number, fault, dealt, Optional.of(moment), whom);
    }

    /// Whether a whole process was struck, from outside.
    boolean isOfProcess() {
        return !who.isEmpty() && who.equals(node());
    }

    /// The node that was struck, empty where that is not known.
    String node() {
        int end = who.length();
        for (char mark : new char[] {'.', ' '}) {
            int at = who.indexOf(mark);
            end = at < 0 ? end : Math.min(end, at);
        }
        return who.startsWith("node-") ? who.substring(0, end) : "";
    }
}
