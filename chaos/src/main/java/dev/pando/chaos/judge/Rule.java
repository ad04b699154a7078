package dev.pando.chaos.judge;

/// What every history of a job must keep, whatever went wrong in it.
public enum Rule {
    BEGINS("a history begins with the job's start"),
    STEPS_IN_ORDER("steps are committed one after the other, each once, unless the job went back to a checkpoint"),
    NO_STEP_REDONE("no committed step is redone while a worker holds the job's state"),
    ROLLBACK_HAS_A_CHECKPOINT("the job only goes back to its start or to a step whose checkpoint was durable"),
    SAME_COMMIT_AGAIN("a step that is committed again has the same loss, norm, learning rate and tokens"),
    EPOCHS_RISE("every epoch is newer than the one before"),
    NO_OLD_EPOCH("nothing of an older epoch takes effect"),
    NO_LOST_WORKER(
            "a worker that was lost takes part no longer, and its name is not used again; one that fell silent takes"
                    + " part again once it has joined"),
    SHARDS_GO_ONCE("a batch shard goes to one worker of the epoch, once an epoch"),
    RUNGS_IN_ORDER(
            "a rung of the recovery ladder is tried when those below cannot help, and the last one ends the job"),
    CHECKPOINTS_OF_COMMITTED_STEPS("a checkpoint holds committed steps only, and is published once"),
    FINISHES_COMPLETE("a finished job has committed every step"),
    RUN_ENDS("a history ends with the job's end, and nothing comes after it"),
    SAME_LOSS_HISTORY("the loss history is that of the undisturbed run, bit for bit"),
    SAME_HASH("the final hash is that of the undisturbed run"),

    // What a history does not say, and only the simulator sees.

    NOBODY_LOST_IN_PEACE("no worker is given up before anything has gone wrong"),
    LEADER_HAS_A_LAST_WORD("the leader of a job ends with a report, or with its node, or with its journal"),
    JOURNAL_IS_WHAT_WAS_TOLD("the journal holds what was reported, all of it and nothing else, in the same order");

    private final String sentence;

    Rule(String sentence) {
        this.sentence = sentence;
    }

    /// The rule in words.
    public String sentence() {
        return sentence;
    }
}
