package dev.pando.chaos.simulation.planted;

import dev.pando.chaos.simulation.world.Tampering;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Every bug that is planted: a mistake that could have been written in place of the code.
final class Bugs {
    /// @param tampering what is wrong at the seams, made for each history
    /// @param patches what is wrong in the actors
    record Bug(String name, Supplier<Tampering> tampering, List<Patch> patches) {}

    private Bugs() {}

    static List<Bug> all() {
        List<Bug> bugs = new ArrayList<>();
        add(
                bugs,
                "a stage enters no epoch, and takes orders of any",
                Patch.allEqual("stage.StageReady", "ready"),
                Patch.allEqual("stage.StageReady", "isOf"));
        add(
                bugs,
                "an epoch is opened under the number of the last",
                Patch.neverMore("supervisor.WorkerGroup", "openEpoch"));
        add(bugs, "a dropped step's shards still count", Patch.idle("stage.StageRecord", "drop"));
        add(bugs, "partial sums of the step before are kept", Patch.idle("stage.PartialSums", "holdOnly"));
        add(bugs, "shards of another step stay on the list", Patch.idle("stage.StageRecord", "turnTo"));
        add(bugs, "silence is not noticed", Patch.body("liveness.MissedReplies", "tick", Bugs::emptyList));
        add(bugs, "a worker that answers is taken for silent", Patch.idle("liveness.MissedReplies", "heard"));
        add(
                bugs,
                "a checkpoint that was answered for stays under way",
                Patch.idle("checkpoint.CheckpointSchedule", "settle"));
        add(
                bugs,
                "a writer whose node is gone is waited for",
                Patch.idle("checkpoint.CheckpointSchedule", "writerIsGone"));
        add(bugs, "a snapshot of a lost worker is waited for", Patch.no("checkpoint.CheckpointSchedule", "isAwaiting"));
        add(
                bugs,
                "a split vote leaves the replicas their state",
                Patch.idle("supervisor.WorkerRegistry", "nobodyHolds"));
        add(
                bugs,
                "orphaned shards are not handed over",
                Patch.body("planning.ShardPlanner", "handOver", Bugs::emptyMap));
        add(
                bugs,
                "a lost worker's computed shards still count",
                Patch.without("planning.Assignment", "lose", "removeAll", 1, 2));
        add(bugs, "a lost worker keeps its shards", Patch.without("planning.Assignment", "lose", "removeAll", 0, 2));
        add(bugs, "a step is reduced before all of it is computed", Patch.yes("planning.Assignment", "isComplete"));
        add(bugs, "the first vote decides", Patch.yes("supervisor.Tally", "isComplete"));
        add(
                bugs,
                "patience has no end",
                Patch.body("liveness.ResponseTimes", "patienceNs", code -> code.ldc(Long.MAX_VALUE / 4).lreturn()));
        add(bugs, "a newcomer never counts as a holder", Patch.idle("supervisor.WorkerRegistry", "holds"));
        add(
                bugs,
                "a lost worker still counts as a holder",
                Patch.without("supervisor.WorkerRegistry", "leave", "remove", 0, 2));
        add(
                bugs,
                "no worker is told which workers are in the epoch",
                Patch.without("supervisor.WorkerGroup", "openEpoch", "forEach", 0, 2));
        add(bugs, "a lost worker is not remembered as a change", Patch.yes("supervisor.WorkerGroup", "lose"));
        add(
                bugs,
                "a job never gives up, nor notices that it stands still",
                Patch.no("supervisor.JobProgress", "hasExhaustedRetries"),
                Patch.body("planning.ShardPlanner", "handOver", Bugs::emptyMap));
        takeovers(bugs);
        SeamBugs.all().forEach((name, tampering) -> bugs.add(new Bug(name, tampering, List.of())));
        shardedState(bugs);
        return bugs;
    }

    /// What can be wrong where optimizer state is sharded.
    private static void shardedState(List<Bug> bugs) {
        add(
                bugs,
                "a state is given up though each span has a holder",
                Patch.no("supervisor.ShardedHoldings", "isCoveredBy"));
        add(bugs, "what a lost worker held still counts as held", Patch.idle("supervisor.ShardedHoldings", "left"));
        add(
                bugs,
                "weights are not gathered after a step",
                Patch.without("planning.MomentTransfer", "gather", "add", 0, 2));
        add(
                bugs,
                "moments that a worker is to hold begin at 0",
                Patch.without("planning.MomentTransfer", "rebuild", "add", 0, 2));
        add(
                bugs,
                "a state is put together of one worker's moments",
                Patch.without("planning.MomentTransfer", "collect", "add", 0, 2));
        add(
                bugs,
                "a step that is ordered once more is applied once more",
                Patch.no("stage.DeviceReplica", "isApplied"),
                Patch.idle("stage.DeviceReplica", "requireState"));
        add(
                bugs,
                "a new supervisor does not bring the last step to all",
                Patch.no("supervisor.HoldingsSurvey", "isUneven"));
    }

    /// What can be wrong where the lead of a job passes from one node to another.
    private static void takeovers(List<Bug> bugs) {
        add(bugs, "a new supervisor counts as the one before", Patch.neverMore("owner.JobOwner", "lead"));
        add(
                bugs,
                "a new supervisor begins as if it were the first",
                Patch.no("supervisor.RecoveredLeadership", "isSuccession"));
        add(
                bugs,
                "a new supervisor does not wait for the workers that are there",
                Patch.yes("supervisor.HoldingsSurvey", "isOver"));
        add(bugs, "a worker obeys an earlier supervisor", Patch.no("stage.GpuWorker", "isStale"));
        add(bugs, "a step is reported once for each worker", Patch.allEqual("supervisor.JobProgress", "isNews"));
        add(
                bugs,
                "a watcher is not told what it has missed",
                Patch.body("owner.EventSubscribers", "missed", Bugs::emptyList));
        add(bugs, "the journal keeps nothing of what happened", Patch.no("owner.EventSubscribers", "isJournalled"));
        add(
                bugs,
                "the journal lets an earlier leader write on",
                Patch.allEqual("dev.pando.chaos.simulation.engine.SimulatedJournal", "append"));
        add(bugs, "a minority commits", Patch.yes("liveness.Quorum", "isHeld"));
        add(
                bugs,
                "a worker that was given up before it came is welcome",
                Patch.without("supervisor.WorkerGroup", "seat", "contains", 0, 2));
        add(
                bugs,
                "a copy that an earlier supervisor asked for is written, and counts",
                Patch.allEqual("stage.StageSnapshots", "copied"),
                Patch.yes("supervisor.JobCheckpoints", "isOfOurs"));
        add(
                bugs,
                "a checkpoint counts that the job has gone back behind",
                Patch.yes("supervisor.JobCheckpoints", "isOfOurs"));
        add(
                bugs,
                "an older checkpoint is loaded though a newer has come to light",
                Patch.no("supervisor.Recovery", "isOvertaken"));
        add(
                bugs,
                "two that computed the same shard both count",
                Patch.idle("supervisor.InheritedShards", "dropDoubles"));
        add(
                bugs,
                "the last copy of the state leaves unsaved",
                Patch.no("supervisor.BetweenSteps", "isTheLastCopyLeaving"));
    }

    private static void add(List<Bug> bugs, String name, Patch... patches) {
        bugs.add(new Bug(name, () -> Tampering.NONE, List.of(patches)));
    }

    private static void emptyList(CodeBuilder code) {
        code.invokestatic(ClassDesc.of("java.util.List"), "of", MethodTypeDesc.ofDescriptor("()Ljava/util/List;"), true)
                .areturn();
    }

    private static void emptyMap(CodeBuilder code) {
        code.new_(ClassDesc.of("java.util.TreeMap"))
                .dup()
                .invokespecial(ClassDesc.of("java.util.TreeMap"), "<init>", MethodTypeDesc.ofDescriptor("()V"))
                .areturn();
    }
}
