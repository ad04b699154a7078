package dev.pando.actors.supervisor;

import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a supervisor knows of those that led the job before it: what their journal says.
///
/// @param incarnation of the supervisor itself, counted from 1; 0 where they are not counted
/// @param durable committed steps of the newest checkpoint that is known to be durable
/// @param workers that held the state, and the node that each is on
/// @param refused workers that take no part in the job
public record RecoveredLeadership(
        long incarnation, long durable, SortedMap<String, String> workers, Set<String> refused) {
    /// Leadership of a job that no supervisor has led before.
    static RecoveredLeadership none(long incarnation) {
        return new RecoveredLeadership(incarnation, 0, new TreeMap<>(), Set.of());
    }

    /// Whether there is a journal, by which others may take over.
    boolean isKept() {
        return incarnation > 0;
    }

    /// Whether another supervisor may have led the job before.
    boolean isSuccession() {
        return incarnation > 1;
    }
}
