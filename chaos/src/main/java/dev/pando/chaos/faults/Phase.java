package dev.pando.chaos.faults;

import java.util.Locale;

/// What a worker, or the store, is doing when a fault strikes: the addresses that faults can be aimed at within a step.
public enum Phase {
    /// A batch shard's gradient is computed.
    COMPUTE("computes"),
    /// Gradients of the step are summed.
    REDUCE("reduces"),
    /// The sum is looked at before the vote.
    VOTE("votes"),
    /// The step is committed at a replica.
    APPLY("applies"),
    /// A newcomer's state goes over, at the newcomer or at the peer that sends it.
    REBUILD("rebuilds"),
    /// A replica is built on a device, before it holds anything.
    BUILD("builds"),
    /// A replica's state is copied for a checkpoint, beside what its device computes; where the world is simulated.
    COPY("copies"),
    /// The store writes a checkpoint.
    SAVE("saves"),
    /// The store reads a checkpoint.
    LOAD("loads");

    private final String verb;

    Phase(String verb) {
        this.verb = verb;
    }

    /// As in `in compute`.
    public String noun() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// As in `when worker-1 computes`.
    public String verb() {
        return verb;
    }

    /// Whether this is beside a job's steps: a fault that waits for an event does not strike there.
    public boolean isAside() {
        return this == BUILD || this == COPY;
    }

    /// Whether this is the checkpoint store's doing rather than a worker's.
    public boolean isOfStore() {
        return this == SAVE || this == LOAD;
    }
}
