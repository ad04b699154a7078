package dev.pando.chaos.simulation;

import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.Plan.Circumstances;
import dev.pando.chaos.simulation.world.Plan.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Histories that are written and not drawn: each leads the actors to a change of state that takes a coincidence, which
/// no campaign of a usual length would come upon. Their seeds are those below 0; each is told several times, with
/// another order of events.
final class WrittenPlans {
    private static final int TIMES = 10;
    private static final int NEVER = 100;
    private static final int NOBODY = -1;

    /// @param unfit machine whose devices refuse, and which leads in about half of the histories: whoever leads there
    ///   outlives all workers
    /// @param copies of each span of the moments; 0: optimizer state is whole
    private record Scene(
            int nodes,
            int unfit,
            int checkpointEvery,
            int copies,
            Ending ending,
            int endAfter,
            String ambush,
            int ambushFrom,
            String faults) {
        /// In each of these states, from the fourth step on.
        private static List<Scene> ambushes(List<String> states, int nodes, int copies, int every, String faults) {
            return states.stream()
                    .map(state -> new Scene(nodes, 0, every, copies, Ending.COMPLETE, 0, state, 3, faults))
                    .toList();
        }

        Plan plan(long seed) {
            FaultScript script = FaultScript.parse(faults).bind(seed, nodes, STEPS);
            Circumstances circumstances = new Circumstances(ending, endAfter, unfit, ambush, ambushFrom);
            return new Plan(seed, nodes, 1, nodes + 1, STEPS, checkpointEvery, script, circumstances, copies);
        }
    }

    private static final long STEPS = 8;

    private static final List<Scene> OF_WHOLE_STATE =
            List.of(
                    // Whoever alone knows what the last step came to hangs, and the job is cancelled meanwhile.
                    new Scene(
                            2,
                            NOBODY,
                            3,
                            0,
                            Ending.CANCELLED,
                            0,
                            "awaitingReport",
                            0,
                            "throw worker-1 in compute at step 3, hang worker-0 in apply at step 3"),
                    // Nobody is left before the first step is committed, and the job is cancelled.
                    new Scene(
                            2,
                            0,
                            3,
                            0,
                            Ending.CANCELLED,
                            0,
                            "waitingForWorkers",
                            0,
                            "kill node-1 when any computes at step 0"),
                    // Who is cut off is told to end the job.
                    new Scene(
                            3,
                            NOBODY,
                            3,
                            0,
                            Ending.CANCELLED,
                            0,
                            "cutOff",
                            0,
                            "partition node-1, node-2 | node-0 for 5 steps when any votes at step 2"),
                    // All die that compute on the side that is cut off: at the first step, later, and while they write.
                    new Scene(
                            5,
                            0,
                            NEVER,
                            0,
                            Ending.COMPLETE,
                            0,
                            "cutOff",
                            0,
                            "partition node-2, node-3, node-4 | node-0, node-1 for 5 steps when any votes at step 0,"
                                    + " kill node-1 at step 0"),
                    new Scene(
                            5,
                            0,
                            NEVER,
                            0,
                            Ending.COMPLETE,
                            0,
                            "cutOff",
                            0,
                            "partition node-2, node-3, node-4 | node-0, node-1 for 5 steps when any votes at step 2,"
                                    + " kill node-1 at step 0"),
                    new Scene(
                            5,
                            0,
                            2,
                            0,
                            Ending.COMPLETE,
                            0,
                            "cutOff",
                            0,
                            "slow disk x20 for 9 steps at step 0,"
                                    + " partition node-2, node-3, node-4 | node-0, node-1 for 5 steps when any votes at"
                                    + " step 3, kill node-1 at step 0"),
                    // A step is dropped just when the job is to end before its first step; then all die.
                    new Scene(3, NOBODY, 3, 0, Ending.STOPPED, 0, "voting", 0, "nan loss on worker-0 at step 0"),
                    new Scene(
                            4,
                            0,
                            3,
                            0,
                            Ending.STOPPED,
                            1,
                            "digesting",
                            0,
                            "nan loss on worker-1 at step 0, kill node-1 at step 0, kill node-2 at step 0, kill node-3"
                                    + " at step 0"),
                    // Those who hold the state die while they send it, and with them who leads.
                    new Scene(
                            4,
                            NOBODY,
                            NEVER,
                            0,
                            Ending.COMPLETE,
                            0,
                            "",
                            0,
                            "throw worker-2 in compute at step 2, throw worker-3 in compute at step 2, kill node-0 when"
                                    + " any rebuilds at step 2, kill node-1 when any rebuilds at step 2, stop node-2"
                                    + " 6500ms when any rebuilds at step 2"),
                    // One that stood still in the first step receives the state anew when all die.
                    new Scene(
                            4,
                            0,
                            NEVER,
                            0,
                            Ending.COMPLETE,
                            0,
                            "receiving",
                            0,
                            "stop node-1 1500ms when any computes at step 0, nan loss on worker-2 at step 0, kill"
                                    + " node-1 at step 0, kill node-2 at step 0, kill node-3 at step 0"),
                    // All leave when somebody takes over, when the job ends, when its end cannot be written.
                    new Scene(
                            3,
                            0,
                            1,
                            0,
                            Ending.COMPLETE,
                            0,
                            "mustering",
                            0,
                            "kill leader when any votes at step 3, leave node-1 at step 0, leave node-2 at step 0"),
                    new Scene(
                            2,
                            NOBODY,
                            2,
                            0,
                            Ending.STOPPED,
                            9,
                            "closing",
                            0,
                            "slow disk x20 for 9 steps at step 0, leave node-0 at step 0, leave node-1 at step 0"),
                    new Scene(
                            2,
                            NOBODY,
                            3,
                            0,
                            Ending.STOPPED,
                            9,
                            "pausing",
                            0,
                            "disk full for 30 steps at step 0, leave node-0 at step 0, leave node-1 at step 0"),
                    // All die when the job's end cannot be written, or while the last copy is.
                    new Scene(
                            3,
                            0,
                            3,
                            0,
                            Ending.STOPPED,
                            9,
                            "pausing",
                            0,
                            "disk full for 30 steps at step 0, kill node-1 at step 0, kill node-2 at step 0"),
                    new Scene(
                            3,
                            0,
                            3,
                            1,
                            Ending.STOPPED,
                            9,
                            "pausing",
                            0,
                            "disk full for 30 steps at step 0, kill node-1 at step 0, kill node-2 at step 0"),
                    new Scene(
                            3,
                            0,
                            2,
                            0,
                            Ending.COMPLETE,
                            0,
                            "savingTheLastCopy",
                            0,
                            "slow disk x20 for 9 steps at step 0, leave node-1 when any computes at step 3, leave"
                                    + " node-2 when any computes at step 3, kill node-1 at step 0, kill node-2 at step 0"),
                    // A device fails while a replica is built on it, and while the state is copied.
                    new Scene(
                            3,
                            NOBODY,
                            2,
                            0,
                            Ending.COMPLETE,
                            0,
                            "",
                            0,
                            "out of memory on worker-1 in build at step 0, throw worker-2 in compute at step 2, device"
                                    + " error ecc on worker-2 in build at step 2, throw worker-0 in copy at step 2"),
                    // All leave while the state is loaded.
                    new Scene(
                            2,
                            NOBODY,
                            2,
                            0,
                            Ending.COMPLETE,
                            0,
                            "loading",
                            0,
                            "throw all in compute at step 3, leave node-0 at step 0, leave node-1 at step 0"),
                    new Scene(
                            3,
                            0,
                            NEVER,
                            0,
                            Ending.COMPLETE,
                            0,
                            "mustering",
                            0,
                            "kill leader when any votes at step 3, leave node-1 at step 0, leave node-2 at step 0"));

    private static final String ONE_DIES = "kill node-1 at step 0";
    private static final String HALF_STAND_STILL = "hang node-1 at step 0, hang node-2 at step 0";
    private static final String ALL_LEAVE = "leave node-1 at step 0, leave node-2 at step 0, leave node-3 at step 0";
    private static final String SLOWLY = ", slow disk x20 for 9 steps at step 0";
    private static final String NEWCOMER = ", throw worker-3 in compute at step 3, throw worker-3 in compute at step 5";
    private static final List<String> SHARDED = List.of("updating", "regrouping", "collecting", "digesting", "hashing");

    /// Where optimizer state is sharded a worker that is lost takes moments along, or does not; with half of the nodes
    /// it is not known whether others go on; a checkpoint may be under way.
    private static List<Scene> ofShardedState() {
        List<Scene> scenes = new ArrayList<>();
        scenes.addAll(Scene.ambushes(SHARDED, 4, 1, 3, ONE_DIES + NEWCOMER));
        scenes.addAll(Scene.ambushes(SHARDED, 4, 2, 3, ONE_DIES + NEWCOMER));
        scenes.addAll(Scene.ambushes(SHARDED, 5, 1, 3, HALF_STAND_STILL + ", hang node-3 at step 0" + NEWCOMER));
        scenes.addAll(Scene.ambushes(List.of("updating", "regrouping"), 4, 1, 2, ONE_DIES + NEWCOMER + SLOWLY));
        scenes.addAll(Scene.ambushes(List.of("updating", "regrouping"), 4, 2, 2, ALL_LEAVE + NEWCOMER + SLOWLY));
        scenes.addAll(Scene.ambushes(List.of("closing", "pausing"), 5, 1, 3, HALF_STAND_STILL + SLOWLY));
        scenes.add(new Scene(4, 0, 2, 1, Ending.CANCELLED, 0, "collecting", 0, ONE_DIES));
        scenes.add(new Scene(4, 0, 2, 1, Ending.STOPPED, 9, "closing", 0, HALF_STAND_STILL + SLOWLY));
        scenes.add(
                new Scene(
                        4,
                        0,
                        2,
                        1,
                        Ending.STOPPED,
                        9,
                        "pausing",
                        0,
                        HALF_STAND_STILL + ", disk full for 30 steps at step 0"));
        // All leave, and what is being written is older; then half of them die, or one comes.
        String allLeave =
                "leave node-1 when any computes at step 3, leave node-2 when any computes at step 3, leave node-3 when"
                        + " any computes at step 3";
        scenes.add(
                new Scene(
                        4,
                        0,
                        2,
                        1,
                        Ending.COMPLETE,
                        0,
                        "savingTheLastCopy",
                        0,
                        HALF_STAND_STILL + ", " + allLeave + SLOWLY));
        scenes.add(new Scene(4, 0, 2, 2, Ending.COMPLETE, 0, "", 0, allLeave + SLOWLY));
        scenes.add(
                new Scene(
                        4,
                        0,
                        2,
                        2,
                        Ending.COMPLETE,
                        0,
                        "",
                        0,
                        "kill node-1 when any computes at step 2, leave node-2 when any computes at step 4, leave"
                                + " node-3 when any computes at step 4"
                                + SLOWLY));
        scenes.add(
                new Scene(
                        4,
                        0,
                        NEVER,
                        2,
                        Ending.COMPLETE,
                        0,
                        "mustering",
                        0,
                        "kill leader when any votes at step 3, " + ALL_LEAVE));
        // Who waits for a checkpoint is cut off, and so is who loads one.
        for (String state : List.of("awaitingWriter", "loading")) {
            scenes.add(
                    new Scene(
                            3,
                            NOBODY,
                            2,
                            1,
                            Ending.COMPLETE,
                            0,
                            state,
                            0,
                            "throw worker-1 in compute at step 3, partition node-1, node-2 | node-0 for 5 steps at step"
                                    + " 0"
                                    + SLOWLY));
        }
        return scenes;
    }

    private static final List<Scene> SCENES =
            Stream.concat(OF_WHOLE_STATE.stream(), ofShardedState().stream()).toList();

    private WrittenPlans() {}

    /// How many there are: as many seeds below 0.
    static int number() {
        return SCENES.size() * TIMES;
    }

    /// @param seed below 0
    static Plan plan(long seed) {
        return SCENES.get((int) ((-1 - seed) / TIMES % SCENES.size())).plan(seed);
    }
}
