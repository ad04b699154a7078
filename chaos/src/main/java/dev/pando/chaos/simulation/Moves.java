package dev.pando.chaos.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Every change of state that the code of the actors allows, reviewed by hand: what a campaign should have visited,
/// what it may, and so what it must not. Whoever changes a state of an actor changes this list, and a simulation tells
/// if it is wrong.
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

    /// Those that name their states.
    static final List<String> ACTORS = List.of("JobSupervisor", "PipelineStage", "GpuWorker", "NodeSupervisor");

    /// States of supervisors whose jobs shard optimizer state: what leads to them and from them has yet to be reviewed.
    static final List<String> OF_SHARDED_STATE = List.of("updating", "regrouping", "collecting", "hashing");

    /// What an actor is before its first turn.
    static final String NEW = "new";

    /// What an actor is once it has stopped by itself, having heard something.
    static final String STOPPED = "stopped";

    private static final Map<String, List<String>> SUPERVISOR = new LinkedHashMap<>();
    private static final Map<String, List<String>> STAGE = new LinkedHashMap<>();

    /// Changes that the code allows as well, and what they take: more than a campaign brings about.
    private static final Map<Move, String> COINCIDENCES = new LinkedHashMap<>();

    private static final Map<String, List<String>> WORKER = new LinkedHashMap<>();
    private static final Map<String, List<String>> NODE = new LinkedHashMap<>();

    private Moves() {}

    static {
        may(SUPERVISOR, NEW, "opening", "mustering");
        // What is taken over has a first step, and the last one has been told of. The last copy may be leaving, and is
        // gone at once where it is durable.
        may(
                SUPERVISOR,
                "mustering",
                "opening",
                "receiving",
                "computing",
                "savingTheLastCopy",
                "recovering",
                "closing",
                "digesting");
        // Nobody holds anything of the job yet: whoever asks for its end now ends it at once.
        may(SUPERVISOR, "opening", "gathering", "loading", "computing", "receiving", "waitingForWorkers", "recovering");
        may(
                SUPERVISOR,
                "gathering",
                "loading",
                "computing",
                "receiving",
                "waitingForWorkers",
                "recovering",
                "digesting");
        // Whoever goes back to the start has nobody left.
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
        // Each newcomer is looked at as it comes, so no two of them wait for each other.
        may(SUPERVISOR, "waitingForWorkers", "loading", "computing", "recovering", "digesting");
        // All leave: either they are gone once the state is durable, or somebody comes who takes it.
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
        // A step is settled by a vote, or nobody is left.
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
        // In whatever state a job is cancelled, or found hopeless.
        SUPERVISOR.values().forEach(moves -> moves.add("awaitingJournal"));
        may(SUPERVISOR, "awaitingJournal", STOPPED);

        takes("the end is asked for within the milliseconds of a state", "awaitingReport", "awaitingJournal");
        takes("the end is asked for within the milliseconds of a state", "waitingForWorkers", "awaitingJournal");
        takes("the end is asked for within the milliseconds of a state", "cutOff", "awaitingJournal");
        String nobodyComputes =
                "all die that are on the side of one that is cut off, where nobody computes, but itself";
        takes(nobodyComputes, "cutOff", "recovering");
        takes(nobodyComputes, "cutOff", "awaitingWriter");
        takes(nobodyComputes, "cutOff", "waitingForWorkers");
        takes("all die in the millisecond in which they hash their state", "digesting", "waitingForWorkers");
        String nothingHeld = "all are lost before the first checkpoint while newcomers receive, but those newcomers";
        takes(nothingHeld, "opening", "receiving");
        takes(nothingHeld, "opening", "recovering");
        takes(nothingHeld, "gathering", "recovering");
        takes(nothingHeld, "receiving", "waitingForWorkers");
        takes(nothingHeld, "waitingForWorkers", "recovering");
        String lateWord = "the word of a copy that a lost worker took comes after the checkpoint before it was found";
        takes(lateWord, "loading", "awaitingWriter");
        String leavers = "all leave at once just when a checkpoint of this very step is durable, or is not";
        takes(leavers, "mustering", "recovering");
        takes(leavers, "closing", "savingTheLastCopy");
        takes(leavers, "pausing", "savingTheLastCopy");
        takes(leavers, "savingTheLastCopy", "awaitingWriter");
        takes("all die between two tries to write the last checkpoint", "pausing", "recovering");
        takes("a step is dropped for its numbers just when it is the first after a stop", "voting", "digesting");

        may(STAGE, NEW, "building");
        may(STAGE, "building", "ready", "refused");
        may(STAGE, "ready", "awaiting the copy", STOPPED);
        may(STAGE, "awaiting the copy", "ready");
        may(STAGE, "refused"); // until its worker ends it

        may(WORKER, NEW, "serving");
        may(WORKER, "serving", "leaving", "free to go", STOPPED);
        may(WORKER, "leaving", "free to go", STOPPED);
        may(WORKER, "free to go"); // until its node ends it

        may(NODE, NEW, "serving");
        may(NODE, "serving", "leaving");
        may(NODE, "leaving"); // until its process ends
    }

    private static void takes(String what, String from, String to) {
        COINCIDENCES.put(new Move("JobSupervisor", from, to), what);
        SUPERVISOR.get(from).remove(to);
    }

    private static void may(Map<String, List<String>> moves, String from, String... to) {
        moves.put(from, new ArrayList<>(List.of(to)));
    }

    /// The states of supervisors.
    static List<String> ofSupervisors() {
        return SUPERVISOR.keySet().stream().filter(state -> !state.equals(NEW)).toList();
    }

    /// Every state that an actor can be in, as `actor: state`.
    static List<String> states() {
        return possible().stream().map(move -> move.actor() + ": " + move.to()).distinct().toList();
    }

    /// Those that may happen, and that no campaign is asked for, with what they take.
    static SortedMap<Move, String> coincidences() {
        SortedMap<Move, String> all = new TreeMap<>(COINCIDENCES);
        String broken = "what no injector breaks: the building, or the copying, of a replica";
        all.put(new Move("PipelineStage", "building", STOPPED), broken);
        all.put(new Move("PipelineStage", "awaiting the copy", STOPPED), broken);
        return all;
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
