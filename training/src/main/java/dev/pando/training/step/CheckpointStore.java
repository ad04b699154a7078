package dev.pando.training.step;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where a job's state outlives the job: whole checkpoints, published in one act or not at all.
///
/// Calls block; a checkpoint writer's own thread makes them.
public interface CheckpointStore extends AutoCloseable {
    /// Writes and publishes a checkpoint. When this returns, the checkpoint survives a power cut.
    ///
    /// @param state whose spans do not change meanwhile
    /// @param attributes what else a reader needs to know: the job's config, its data's digest
    /// @throws CheckpointException with one sentence: disk full, folder not writable
    Saved save(TrainerState state, Map<String, String> attributes);

    /// All published checkpoints, newest first, unverified.
    List<Saved> list();

    /// The newest checkpoint whose every byte is as it was written. Damaged ones are passed over and named.
    Newest newest();

    /// Fills the spans, matching by name, shape and type, verifying what is read.
    ///
    /// @throws CheckpointException naming any tensor that is missing, left over, misshapen or damaged
    void load(Saved saved, List<TrainerState.Span> into);

    /// Looks after what lies there: reads one checkpoint again, another one each time, so that damage is found while
    /// there are others.
    ///
    /// @return what is wrong with it, in one sentence; empty if nothing is
    default Optional<String> scrub() {
        return Optional.empty();
    }

    /// What went wrong and was overcome since it was last asked, in one sentence: a server that was away for a while.
    default Optional<String> warning() {
        return Optional.empty();
    }

    @Override
    void close();

    /// A published checkpoint.
    record Saved(String id, long step, LossHistory history, Map<String, String> attributes, long bytes) {
        public Saved {
            attributes = Map.copyOf(attributes);
        }
    }

    /// @param saved empty where there is no valid checkpoint
    /// @param damaged one sentence for each newer checkpoint that was passed over
    record Newest(Optional<Saved> saved, List<String> damaged) {
        public Newest {
            damaged = List.copyOf(damaged);
        }
    }

    /// A checkpoint that cannot be written or read; the message is one sentence for the user.
    final class CheckpointException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public CheckpointException(String message) {
            super(message);
        }

        public CheckpointException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
