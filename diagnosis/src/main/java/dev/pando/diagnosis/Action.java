package dev.pando.diagnosis;

import java.util.Locale;

/// What to do about a failure.
public enum Action {
    /// The newest checkpoint, the same nodes.
    RESTART_SAME_NODES("restart from the newest checkpoint on the same nodes"),
    /// The newest checkpoint, without the blamed node.
    CORDON_NODE("cordon the node and restart from the newest checkpoint without it"),
    /// A restart would fail again: a person mends the script, its settings or its data first.
    USER_FIX("stop: fix the script, its settings or its data first, a restart would fail again"),
    /// The newest checkpoint is bad: an earlier one, and the data after it are skipped.
    ROLL_BACK("go back to a checkpoint from before the bad span and skip the data of that span"),
    /// No failure was found.
    NONE("nothing");

    private final String advice;

    Action(String advice) {
        this.advice = advice;
    }

    /// Name in JSON and in rule files.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The action as a part of a sentence.
    public String advice() {
        return advice;
    }
}
