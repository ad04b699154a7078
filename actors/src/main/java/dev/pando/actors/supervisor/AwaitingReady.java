package dev.pando.actors.supervisor;

import dev.pando.actors.stage.StageReport.PeerFailed;
import dev.pando.actors.stage.StageReport.Ready;
import java.util.SortedSet;

/// Waits until some workers report that they are ready in the current epoch.
abstract class AwaitingReady extends Phase {
    private final SortedSet<String> awaited;

    /// @param awaited workers; each is removed when it is ready
    /// @param pieces how many pieces of work a reply is worth
    AwaitingReady(String name, JobContext job, SortedSet<String> awaited, int pieces) {
        super(name, job, new PendingReplies(() -> awaited, pieces));
        this.awaited = awaited;
    }

    abstract Next allReady();

    /// A worker that had to wait for other jobs timed out another one: neither is to blame, and the exchange is
    /// repeated.
    abstract Next again();

    void oneReady(String worker) {
        job.group.heard(worker);
    }

    @Override
    Next ready(Ready ready) {
        if (ready.epoch() != job.group.epoch() || !awaited.remove(ready.worker())) {
            return stay();
        }
        oneReady(ready.worker());
        return awaited.isEmpty() ? allReady() : stay();
    }

    @Override
    Next peerFailed(PeerFailed failed) {
        return failed.epoch() == job.group.epoch() && job.group.hasQueued(failed) ? again() : super.peerFailed(failed);
    }
}
