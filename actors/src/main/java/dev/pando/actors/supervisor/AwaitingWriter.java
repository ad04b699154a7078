package dev.pando.actors.supervisor;

import dev.pando.actors.checkpoint.CheckpointWriter;

/// Waits until the checkpoint that is being written is durable, or has failed.
class AwaitingWriter extends Phase {
    private final Next then;

    AwaitingWriter(String name, JobContext job, Next then) {
        super(
                name,
                job,
                new PendingReplies(
                        () -> job.registry.workers().stream().filter(job.checkpoints.schedule()::isAwaiting).toList(),
                        PendingReplies.WHOLE_STATE));
        this.then = then;
    }

    @Override
    Next lost(String worker) {
        return then;
    }

    @Override
    Next durable(CheckpointWriter.Durable written) {
        job.checkpoints.published(written);
        return then;
    }

    @Override
    Next notWritten(CheckpointWriter.NotWritten failed) {
        job.checkpoints.notPublished(failed);
        return then;
    }

    @Override
    Next writerGone() {
        job.checkpoints.schedule().writerIsGone();
        return then;
    }
}
