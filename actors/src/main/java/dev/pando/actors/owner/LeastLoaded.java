package dev.pando.actors.owner;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.ShardCoordinator.AbstractShardAllocationStrategy;
import org.apache.pekko.dispatch.Futures;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;

/// Gives a job's owner to the node that has the fewest; and leaves it there, since a move costs the job a moment and
/// gains it nothing.
///
/// Among equals the node comes last that this coordinator itself is on: if that one dies, jobs elsewhere do not notice,
/// and if another one dies, this coordinator is there to place its jobs again at once.
final class LeastLoaded extends AbstractShardAllocationStrategy {
    private static final Comparator<Map.Entry<ActorRef, IndexedSeq<String>>> BY_LOAD =
            Comparator.comparingInt(region -> region.getValue().size());

    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> allocations) {
        return Futures.successful(
                allocations.entrySet().stream()
                        .min(
                                BY_LOAD.thenComparing(region -> isOnThisNode(region.getKey()))
                                        .thenComparing(region -> region.getKey().path().toString()))
                        .orElseThrow()
                        .getKey());
    }

    private static boolean isOnThisNode(ActorRef region) {
        return region.path().address().hasLocalScope();
    }

    @Override
    public Future<Set<String>> rebalance(Map<ActorRef, IndexedSeq<String>> allocations, Set<String> inProgress) {
        return Futures.successful(Set.of());
    }
}
