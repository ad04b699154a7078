package dev.pando.chaos.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/// Every change of state that the code of the actors allows, reviewed by hand: what a campaign should have visited, and
/// so what it must not. A change to an actor's states changes this list too; a simulation shows if it is wrong.
final class Moves {
    /// From one state of an actor to another one.
    record Move(String actor, String from, String to) implements Comparable<Move> {
        @Override
        public int compareTo(Move other) {
            return toString().compareTo(other.toString());
        }

        @Override
        public String toString() {
            return actor + ": " + from + " -> " + to;
        }
    }

    /// Actors that name their states.
    static final List<String> ACTORS = List.of("JobSupervisor", "PipelineStage", "GpuWorker", "NodeSupervisor");

    /// States of supervisors that there are only where optimizer state is sharded, and only where it is not.
    private static final List<String> OF_SHARDED_STATE = List.of("updating", "regrouping", "collecting", "hashing");

    private static final List<String> OF_WHOLE_STATE = List.of("awaitingReport", "receiving");

    /// What an actor is before its first turn.
    static final String NEW = "new";

    /// What an actor is once it has stopped by itself, having heard something.
    static final String STOPPED = "stopped";

    private static final Map<String, List<String>> SUPERVISOR = new LinkedHashMap<>();
    private static final Map<String, List<String>> STAGE = new LinkedHashMap<>();

    private static final Map<String, List<String>> WORKER = new LinkedHashMap<>();
    private static final Map<String, List<String>> NODE = new LinkedHashMap<>();

    private Moves() {}

    static {
        may(SUPERVISOR, NEW, "opening", "surveying");
        // What is taken over has a first step, and the last one has been told of. The last copy may be leaving, and is
        // gone at once where it is durable.
        may(
                SUPERVISOR,
                "surveying",
                "opening",
                "receiving",
                "computing",
                "savingTheLastCopy",
                "recovering",
                "closing",
                "digesting");
        // No worker holds anything of the job yet: a cancel now ends it at once.
        may(SUPERVISOR, "opening", "gathering", "loading", "computing", "receiving", "waitingForWorkers");
        may(SUPERVISOR, "gathering", "loading", "computing", "receiving", "waitingForWorkers", "digesting");
        // A job that goes back to the start has no worker left.
        may(SUPERVISOR, "recovering", "awaitingWriter", "loading", "waitingForWorkers");
        may(SUPERVISOR, "awaitingWriter", "recovering");
        // What was loaded is durable: nothing is to be saved.
        may(
                SUPERVISOR,
                "loading",
                "waitingForWorkers",
                "receiving",
                "computing",
                "digesting",
                "recovering",
                "awaitingWriter");
        // Each newcomer is looked at as it comes; but one that had fallen silent comes back without a word.
        may(SUPERVISOR, "waitingForWorkers", "loading", "receiving", "computing", "digesting");
        // All leave: either they are gone once the state is durable, or a newcomer takes it.
        may(SUPERVISOR, "savingTheLastCopy", "receiving", "recovering", "awaitingWriter");
        // A step was committed just now, of which there is no checkpoint yet.
        may(
                SUPERVISOR,
                "awaitingReport",
                "receiving",
                "computing",
                "closing",
                "savingTheLastCopy",
                "recovering",
                "awaitingWriter");
        // The last step has been told of, though maybe by one who is lost now.
        may(
                SUPERVISOR,
                "receiving",
                "computing",
                "closing",
                "digesting",
                "awaitingReport",
                "savingTheLastCopy",
                "recovering",
                "awaitingWriter",
                "waitingForWorkers");
        // A step is settled by a vote, or no worker is left.
        may(SUPERVISOR, "computing", "voting", "recovering", "awaitingWriter", "waitingForWorkers");
        may(
                SUPERVISOR,
                "voting",
                "computing",
                "cutOff",
                "awaitingReport",
                "receiving",
                "closing",
                "digesting",
                "savingTheLastCopy",
                "recovering",
                "awaitingWriter",
                "waitingForWorkers");
        // As from voting, but that nothing is dropped any more.
        may(
                SUPERVISOR,
                "cutOff",
                "computing",
                "voting",
                "awaitingReport",
                "closing",
                "recovering",
                "awaitingWriter",
                "waitingForWorkers");
        // The job is complete or to be stopped: no step begins, unless all is lost.
        may(
                SUPERVISOR,
                "closing",
                "digesting",
                "pausing",
                "receiving",
                "awaitingReport",
                "savingTheLastCopy",
                "recovering",
                "awaitingWriter");
        // As from closing; nothing is being written.
        may(SUPERVISOR, "pausing", "closing", "receiving", "savingTheLastCopy", "recovering");
        may(SUPERVISOR, "digesting", "recovering", "waitingForWorkers");
        ofShardedState();
        // In whatever state a job is cancelled, or found hopeless.
        SUPERVISOR.values().forEach(moves -> moves.add("awaitingJournal"));
        may(SUPERVISOR, "awaitingJournal", STOPPED);

        may(STAGE, NEW, "building");
        may(STAGE, "building", "ready", "refused", STOPPED);
        may(STAGE, "ready", "awaiting the copy", STOPPED);
        may(STAGE, "awaiting the copy", "ready", STOPPED);
        may(STAGE, "refused"); // until its worker ends it

        may(WORKER, NEW, "serving");
        may(WORKER, "serving", "leaving", "free to go", STOPPED);
        may(WORKER, "leaving", "free to go", STOPPED);
        may(WORKER, "free to go"); // until its node ends it

        may(NODE, NEW, "serving");
        may(NODE, "serving", "leaving");
        may(NODE, "leaving"); // until its process ends
    }

    /// Where optimizer state is sharded a step is applied in a separate state, in which every worker waits for all
    /// weights, so it has been told of when it is over; no newcomer receives but where the moments are shared again;
    /// the state is put together before it is written. And a state may be lost while workers are there: those who hold
    /// the rest of it may be on the other side of a partition.
    private static void ofShardedState() {
        also("surveying", "updating", "regrouping", "collecting", "cutOff");
        also("opening", "regrouping");
        also("gathering", "regrouping");
        also("awaitingWriter", "cutOff");
        also("loading", "regrouping", "cutOff");
        also("waitingForWorkers", "regrouping");
        also("savingTheLastCopy", "regrouping", "collecting", "cutOff");
        also("computing", "cutOff");
        also("voting", "updating", "regrouping", "collecting");
        also("cutOff", "updating");
        also("closing", "regrouping", "collecting", "cutOff");
        also("pausing", "regrouping", "collecting", "cutOff");
        also("digesting", "hashing", "cutOff");
        may(
                SUPERVISOR,
                "updating",
                "regrouping",
                "collecting",
                "computing",
                "closing",
                "savingTheLastCopy",
                "cutOff",
                "recovering",
                "awaitingWriter");
        may(
                SUPERVISOR,
                "regrouping",
                "collecting",
                "computing",
                "closing",
                "digesting",
                "savingTheLastCopy",
                "cutOff",
                "recovering",
                "awaitingWriter",
                "waitingForWorkers");
        may(
                SUPERVISOR,
                "collecting",
                "regrouping",
                "computing",
                "closing",
                "digesting",
                "savingTheLastCopy",
                "cutOff",
                "recovering",
                "awaitingWriter");
        // The hashes of all weights have been heard before, and nothing is being written.
        may(SUPERVISOR, "hashing", "regrouping", "cutOff", "recovering");
    }

    private static void also(String from, String... to) {
        SUPERVISOR.get(from).addAll(List.of(to));
    }

    private static void may(Map<String, List<String>> moves, String from, String... to) {
        moves.put(from, new ArrayList<>(List.of(to)));
    }

    /// The states of supervisors.
    ///
    /// @param sharded whether their jobs shard optimizer state
    static List<String> ofSupervisors(boolean sharded) {
        List<String> others = sharded ? OF_WHOLE_STATE : OF_SHARDED_STATE;
        return SUPERVISOR.keySet().stream().filter(state -> !state.equals(NEW) && !others.contains(state)).toList();
    }

    /// Every state that an actor can be in, as `actor: state`.
    static List<String> states() {
        return possible().stream().map(move -> move.actor() + ": " + move.to()).distinct().toList();
    }

    /// All that a campaign should bring about.
    static SortedSet<Move> possible() {
        SortedSet<Move> all = new TreeSet<>();
        Map.of("JobSupervisor", SUPERVISOR, "PipelineStage", STAGE, "GpuWorker", WORKER, "NodeSupervisor", NODE)
                .forEach((actor, moves) ->
                        moves.forEach((from, tos) -> tos.forEach(to -> all.add(new Move(actor, from, to)))));
        return all;
    }
}
