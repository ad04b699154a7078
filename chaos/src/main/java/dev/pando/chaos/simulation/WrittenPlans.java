package dev.pando.chaos.simulation;

import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.Plan.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Histories that are written and not drawn: each leads the actors to a change of state that takes a coincidence, which
/// no campaign of a usual length would come upon. Their seeds are those below 0; each is told several times, with
/// another order of events.
final class WrittenPlans {
    private static final int TIMES = 10;
    private static final int NEVER = 100;

    private static final List<Scene> OF_WHOLE_STATE =
            List.of(
                    // The only worker that knows the last step's loss hangs, and the job is cancelled meanwhile.
                    Scene.of(2, 3, "throw worker-1 in compute at step 3, hang worker-0 in apply at step 3")
                            .ending(Ending.CANCELLED, 0)
                            .ambush("awaitingReport"),
                    // No worker is left before the first step is committed, and the job is cancelled.
                    Scene.of(2, 3, "kill node-1 when any computes at step 0")
                            .unfit(0)
                            .ending(Ending.CANCELLED, 0)
                            .ambush("waitingForWorkers"),
                    // Who is cut off is told to end the job.
                    Scene.of(3, 3, "partition node-1, node-2 | node-0 for 5 steps when any votes at step 2")
                            .ending(Ending.CANCELLED, 0)
                            .ambush("cutOff"),
                    // All die that compute on the side that is cut off: at the first step, later, and while they write.
                    Scene.of(
                                    5,
                                    NEVER,
                                    "partition node-2, node-3, node-4 | node-0, node-1 for 5 steps when any votes at"
                                            + " step 0, kill node-1 at step 0")
                            .unfit(0)
                            .ambush("cutOff"),
                    Scene.of(
                                    5,
                                    NEVER,
                                    "partition node-2, node-3, node-4 | node-0, node-1 for 5 steps when any votes at"
                                            + " step 2, kill node-1 at step 0")
                            .unfit(0)
                            .ambush("cutOff"),
                    Scene.of(
                                    5,
                                    2,
                                    "slow disk x20 for 9 steps at step 0, partition node-2, node-3, node-4 | node-0,"
                                            + " node-1 for 5 steps when any votes at step 3, kill node-1 at step 0")
                            .unfit(0)
                            .ambush("cutOff"),
                    // A step is dropped just when the job is to end before its first step; then all die.
                    Scene.of(3, 3, "nan loss on worker-0 at step 0").ending(Ending.STOPPED, 0).ambush("voting"),
                    Scene.of(
                                    4,
                                    3,
                                    "nan loss on worker-1 at step 0, kill node-1 at step 0, kill node-2 at step 0, kill"
                                            + " node-3 at step 0")
                            .unfit(0)
                            .ending(Ending.STOPPED, 1)
                            .ambush("digesting"),
                    // Those who hold the state die while they send it, and with them who leads.
                    Scene.of(
                            4,
                            NEVER,
                            "throw worker-2 in compute at step 2, throw worker-3 in compute at step 2, kill node-0 when"
                                    + " any rebuilds at step 2, kill node-1 when any rebuilds at step 2, stop node-2"
                                    + " 6500ms when any rebuilds at step 2"),
                    // One that stood still in the first step receives the state again when all die.
                    Scene.of(
                                    4,
                                    NEVER,
                                    "stop node-1 1500ms when any computes at step 0, nan loss on worker-2 at step 0,"
                                            + " kill node-1 at step 0, kill node-2 at step 0, kill node-3 at step 0")
                            .unfit(0)
                            .ambush("receiving"),
                    // All leave at a takeover, when the job ends, when its end cannot be written.
                    Scene.of(
                                    3,
                                    1,
                                    "kill leader when any votes at step 3, leave node-1 at step 0, leave node-2 at step"
                                            + " 0")
                            .unfit(0)
                            .ambush("surveying"),
                    Scene.of(
                                    2,
                                    2,
                                    "slow disk x20 for 9 steps at step 0, leave node-0 at step 0, leave node-1 at step"
                                            + " 0")
                            .ending(Ending.STOPPED, 9)
                            .ambush("closing"),
                    Scene.of(2, 3, "disk full for 30 steps at step 0, leave node-0 at step 0, leave node-1 at step 0")
                            .ending(Ending.STOPPED, 9)
                            .ambush("pausing"),
                    // All die when the job's end cannot be written, or while the last copy is.
                    Scene.of(3, 3, "disk full for 30 steps at step 0, kill node-1 at step 0, kill node-2 at step 0")
                            .unfit(0)
                            .ending(Ending.STOPPED, 9)
                            .ambush("pausing"),
                    Scene.of(3, 3, "disk full for 30 steps at step 0, kill node-1 at step 0, kill node-2 at step 0")
                            .unfit(0)
                            .copies(1)
                            .ending(Ending.STOPPED, 9)
                            .ambush("pausing"),
                    Scene.of(
                                    3,
                                    2,
                                    "slow disk x20 for 9 steps at step 0, leave node-1 when any computes at step 3,"
                                            + " leave node-2 when any computes at step 3, kill node-1 at step 0, kill"
                                            + " node-2 at step 0")
                            .unfit(0)
                            .ambush("savingTheLastCopy"),
                    // A device fails while a replica is built on it, and while the state is copied.
                    Scene.of(
                            3,
                            2,
                            "out of memory on worker-1 in build at step 0, throw worker-2 in compute at step 2, device"
                                    + " error ecc on worker-2 in build at step 2, throw worker-0 in copy at step 2"),
                    // All leave while the state is loaded.
                    Scene.of(2, 2, "throw all in compute at step 3, leave node-0 at step 0, leave node-1 at step 0")
                            .ambush("loading"),
                    Scene.of(
                                    3,
                                    NEVER,
                                    "kill leader when any votes at step 3, leave node-1 at step 0, leave node-2 at step"
                                            + " 0")
                            .unfit(0)
                            .ambush("surveying"));

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
        scenes.addAll(ambushes(SHARDED, 4, 1, 3, ONE_DIES + NEWCOMER));
        scenes.addAll(ambushes(SHARDED, 4, 2, 3, ONE_DIES + NEWCOMER));
        scenes.addAll(ambushes(SHARDED, 5, 1, 3, HALF_STAND_STILL + ", hang node-3 at step 0" + NEWCOMER));
        scenes.addAll(ambushes(List.of("updating", "regrouping"), 4, 1, 2, ONE_DIES + NEWCOMER + SLOWLY));
        scenes.addAll(ambushes(List.of("updating", "regrouping"), 4, 2, 2, ALL_LEAVE + NEWCOMER + SLOWLY));
        scenes.addAll(ambushes(List.of("closing", "pausing"), 5, 1, 3, HALF_STAND_STILL + SLOWLY));
        scenes.add(Scene.of(4, 2, ONE_DIES).unfit(0).copies(1).ending(Ending.CANCELLED, 0).ambush("collecting"));
        scenes.add(
                Scene.of(4, 2, HALF_STAND_STILL + SLOWLY)
                        .unfit(0)
                        .copies(1)
                        .ending(Ending.STOPPED, 9)
                        .ambush("closing"));
        scenes.add(
                Scene.of(4, 2, HALF_STAND_STILL + ", disk full for 30 steps at step 0")
                        .unfit(0)
                        .copies(1)
                        .ending(Ending.STOPPED, 9)
                        .ambush("pausing"));
        // All leave, and what is being written is older; then half of them die, or one comes.
        String allLeave =
                "leave node-1 when any computes at step 3, leave node-2 when any computes at step 3, leave node-3 when"
                        + " any computes at step 3";
        scenes.add(
                Scene.of(4, 2, HALF_STAND_STILL + ", " + allLeave + SLOWLY)
                        .unfit(0)
                        .copies(1)
                        .ambush("savingTheLastCopy"));
        scenes.add(Scene.of(4, 2, allLeave + SLOWLY).unfit(0).copies(2));
        scenes.add(
                Scene.of(
                                4,
                                2,
                                "kill node-1 when any computes at step 2, leave node-2 when any computes at step 4,"
                                        + " leave node-3 when any computes at step 4"
                                        + SLOWLY)
                        .unfit(0)
                        .copies(2));
        scenes.add(
                Scene.of(4, NEVER, "kill leader when any votes at step 3, " + ALL_LEAVE)
                        .unfit(0)
                        .copies(2)
                        .ambush("surveying"));
        // Who waits for a checkpoint is cut off, and so is who loads one.
        for (String state : List.of("awaitingWriter", "loading")) {
            scenes.add(
                    Scene.of(
                                    3,
                                    2,
                                    "throw worker-1 in compute at step 3, partition node-1, node-2 | node-0 for 5 steps"
                                            + " at step 0"
                                            + SLOWLY)
                            .copies(1)
                            .ambush(state));
        }
        return scenes;
    }

    private static final String LATE_COPY =
            "throw worker-1 in compute at step 5, throw worker-2 in compute at step 5, stop node-0 %s when any votes at"
                    + " step 4, stop node-1 %s at step 0, stop node-2 %2$s at step 0";
    private static final String ALL_GO =
            "leave node-0 when any computes at step 4, leave node-1 when any computes at step 4, leave node-2 when any"
                    + " computes at step 4, ";
    private static final String OTHERS_CUT_OFF =
            "partition node-0, node-1 | node-2 for 5 steps at step 0, kill node-1 at step ";

    /// A worker is lost only a while after the supervisor got to a state, or comes back.
    private static List<Scene> ofMoments() {
        List<Scene> scenes = new ArrayList<>();
        // A worker stands still in the middle of a copy, and writes it while the checkpoint before it is loaded, or
        // once the job has gone back to that.
        for (String late :
                List.of(
                        LATE_COPY.formatted("1800ms", "900ms"),
                        LATE_COPY.formatted("2s", "1s"),
                        LATE_COPY.formatted("2600ms", "800ms"))) {
            scenes.add(Scene.of(3, 2, late).ambush("loading"));
        }
        // All who hold the state are lost with who leads, but one that is behind the checkpoint, which is damaged.
        for (int step : List.of(4, 5)) {
            scenes.add(
                    Scene.of(
                                    4,
                                    3,
                                    String.format(
                                            Locale.ROOT,
                                            ("stop node-3 6900ms when worker-3 computes at step 2, torn write at step"
                                                    + " 3, throw worker-1 in vote at step %d, throw worker-2 in vote at"
                                                    + " step %1$d, kill node-0 when any reduces at step %1$d"),
                                            step))
                            .unfit(0));
        }
        // All die as they hash the initial weights.
        scenes.add(
                Scene.of(2, 3, "nan loss on worker-1 at step 0, kill node-1 when worker-1 votes at step 0")
                        .unfit(0)
                        .ending(Ending.STOPPED, 2));
        // Half of the nodes are cut off for three seconds when the only holder of some moments is lost.
        scenes.add(
                Scene.of(3, 3, "slow disk x20 for 9 steps at step 0, " + OTHERS_CUT_OFF + 32)
                        .copies(1)
                        .ambush("closing", 3)
                        .each(100));
        scenes.add(
                Scene.of(3, 3, ALL_GO + "slow disk x20 for 9 steps at step 0, " + OTHERS_CUT_OFF + 32)
                        .copies(1)
                        .ambush("savingTheLastCopy", 3)
                        .each(100));
        for (String state : List.of("updating", "collecting", "digesting", "hashing")) {
            scenes.add(
                    Scene.of(3, 2, "stop node-1 3s at step 0, " + OTHERS_CUT_OFF + 32)
                            .copies(1)
                            .ambush(state, 2)
                            .each(100));
        }
        scenes.add(
                Scene.of(3, 3, "disk full for 2 steps at step 7, stop leader 3100ms at step 1, " + OTHERS_CUT_OFF + 2)
                        .copies(1)
                        .ambush("pausing", 7)
                        .each(20));
        scenes.add(
                Scene.of(
                                4,
                                2,
                                "throw all in compute at step 3, leave node-0 at step 0, leave node-1 at step 0, leave"
                                        + " node-2 at step 0, leave node-3 at step 0, stop node-0 3200ms at step 1,"
                                        + " partition node-0, node-1 | node-2, node-3 for 5 steps at step 1")
                        .copies(1)
                        .ambush("loading", 2)
                        .each(50));
        scenes.add(
                Scene.of(
                                5,
                                2,
                                "kill leader when any votes at step 3, hang node-3 when any votes at step 3, partition"
                                        + " node-2, node-0 | node-3 | node-1, node-4 for 5 steps at step 1")
                        .unfit(0)
                        .copies(1)
                        .ambush("surveying", 2)
                        .each(100));
        // Who puts the last state together stands still and is cut off, and writes it while another one does.
        scenes.add(
                Scene.of(
                                5,
                                8,
                                "stop node-0 700ms at step 2, partition node-1, node-2, node-3, node-4 | node-0 for 1"
                                        + " steps at step 2")
                        .unfit(4)
                        .copies(2)
                        .ambush("collecting", 7)
                        .each(50));
        return scenes;
    }

    private static final List<Scene> SCENES =
            Stream.of(OF_WHOLE_STATE, ofShardedState(), ofMoments()).flatMap(List::stream).toList();

    private WrittenPlans() {}

    /// In each of these states, from the fourth step on.
    private static List<Scene> ambushes(List<String> states, int nodes, int copies, int every, String faults) {
        return states.stream()
                .map(state -> Scene.of(nodes, every, faults).unfit(0).copies(copies).ambush(state, 3))
                .toList();
    }

    /// How many there are: as many seeds below 0.
    static int number() {
        return SCENES.size() * TIMES;
    }

    /// @param seed below 0
    static Plan plan(long seed) {
        return SCENES.get((int) ((-1 - seed) / TIMES % SCENES.size())).plan(seed);
    }
}
