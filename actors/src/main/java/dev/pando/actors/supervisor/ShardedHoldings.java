package dev.pando.actors.supervisor;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.planning.MomentPlacementPlanner;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;

/// Optimizer state is sharded: each span of the moments has a number of holders. The state is lost when a span of its
/// moments has no holder, however many replicas of the weights there are.
final class ShardedHoldings implements Holdings {
    private final int copies;
    private final WorkerGroup group;
    private final JobProgress progress;
    private final CommitReports reports;
    private final ActorRef<JobEvent> audience;

    private MomentPlacement placement = MomentPlacement.none(); // of the moments of the current state
    private List<String> settled = List.of(); // workers among which every span has the holders that it should have
    private int cut; // number of spans; 0 before the first replica

    /// @param copies of each span
    ShardedHoldings(
            int copies, WorkerGroup group, JobProgress progress, CommitReports reports, ActorRef<JobEvent> audience) {
        this.copies = copies;
        this.group = group;
        this.progress = progress;
        this.reports = reports;
        this.audience = audience;
    }

    /// Number of spans.
    int cut() {
        return cut;
    }

    @Override
    public void arrived(ReplicaInventory inventory) {
        inventory.share().ifPresent(share -> cut = share.cut());
    }

    @Override
    public void loaded(String worker) {
        placement = MomentPlacement.none().with(worker, MomentPlacement.none().lost(cut));
        settled = List.of();
    }

    @Override
    public void left(String worker) {
        settled = List.of();
        placement = placement.without(worker);
    }

    @Override
    public void lost(String worker) {
        left(worker);
        if (!group.holders().isEmpty() && !isCoveredBy(placement)) {
            giveUp();
        }
    }

    /// A worker that stands still may be the only holder of a span.
    @Override
    public boolean canSpare(String worker) {
        return isCoveredBy(placement.without(worker));
    }

    /// A worker excluded a moment ago may have been the only holder of a span, even before step 0, when moments are
    /// zero and cannot be lost.
    @Override
    public boolean canUpdate() {
        return !group.holders().isEmpty() && placement.lost(cut).isEmpty();
    }

    /// A replica holds some of the moments at most, except before the first step.
    @Override
    public boolean areComplete(ReplicaInventory inventory) {
        return progress.position() == 0;
    }

    /// Before the first step all moments are 0.
    private boolean isCoveredBy(MomentPlacement some) {
        return progress.position() == 0 || some.lost(cut).isEmpty();
    }

    private void giveUp() {
        audience.tell(
                new JobEvent.RungTried(
                        Rung.REBUILD_FROM_PEER,
                        progress.position(),
                        String.format(
                                Locale.ROOT,
                                "impossible: no worker holds the moments of %d of %d spans",
                                placement.lost(cut).size(),
                                cut)));
        group.registry().nobodyHolds();
        placement = MomentPlacement.none();
        reports.abandon(group.epoch());
    }

    /// The workers of the previous supervisor hold this.
    void inherit(MomentPlacement found) {
        placement = found;
        settled = List.of();
        if (!isCoveredBy(placement)) {
            giveUp();
        }
    }

    /// Whether moments have to move before these workers hold them as they should.
    boolean areUnsettled(Collection<String> workers) {
        return !settled.equals(List.copyOf(new TreeSet<>(workers)));
    }

    /// Every span is held as planned.
    void settle(MomentPlacement planned) {
        placement = planned;
        settled = planned.workers();
    }

    /// Current holders among these workers, each of which is listed, whether it holds a span or not.
    MomentPlacement among(Collection<String> workers) {
        if (placement.spans().keySet().equals(Set.copyOf(workers))) {
            return placement;
        }
        MomentPlacement among = MomentPlacement.none();
        for (String worker : workers) {
            among = among.with(worker, placement.of(worker));
        }
        return among;
    }

    MomentPlacement plan(MomentPlacement from, Collection<String> workers) {
        return MomentPlacementPlanner.plan(from, workers, cut, copies);
    }
}
