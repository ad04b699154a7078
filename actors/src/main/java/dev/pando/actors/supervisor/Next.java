package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.stage.StageReport.Arrived;
import java.util.List;

/// Where a supervisor goes from its state. A state names its successor here and so needs to know no other state.
sealed interface Next {
    /// The state stays.
    record Stay() implements Next {}

    record Enter(Phase phase) implements Next {}

    /// Before the first step: finds out which checkpoint the job starts from.
    ///
    /// @param early workers that have arrived already
    record Open(List<Arrived> early) implements Next {}

    /// All of the last step is committed and nothing of the next one has begun: decides what comes next.
    record Decide() implements Next {}

    record BeginStep() implements Next {}

    /// No worker holds the state: it becomes that of the newest checkpoint.
    record Recover() implements Next {}

    /// One worker loads the checkpoint; the others receive the state from that one.
    record Load(CheckpointWriter.Found found) implements Next {}

    /// No worker holds the initial weights and there is no checkpoint: all replicas are rebuilt.
    record Rebuild() implements Next {}

    /// Saves the last checkpoint, then ends the job.
    record Close() implements Next {}

    /// All steps are committed.
    ///
    /// @param hash of the whole state
    record Complete(String hash) implements Next {}

    /// Ends the job without another checkpoint.
    record Stop() implements Next {}

    record Fail(String diagnosis) implements Next {}
}
