package dev.pando.actors;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.ShardCoordinator.AbstractShardAllocationStrategy;
import org.apache.pekko.dispatch.Futures;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;

/// Gives a job's owner to the node that has the fewest, the first by address among equals; and leaves it there, since a
/// move costs the job a moment and gains it nothing.
final class LeastLoaded extends AbstractShardAllocationStrategy {
    @Override
    public Future<ActorRef> allocateShard(
            ActorRef requester, String shard, Map<ActorRef, IndexedSeq<String>> allocations) {
        Comparator<Map.Entry<ActorRef, IndexedSeq<String>>> byLoad =
                Comparator.comparingInt(entry -> entry.getValue().size());
        // The coordinator's own region has no address in its path: all others do, so that it comes first.
        ActorRef region =
                allocations.entrySet().stream()
                        .min(byLoad.thenComparing(entry -> entry.getKey().path().toString()))
                        .orElseThrow()
                        .getKey();
        return Futures.successful(region);
    }

    @Override
    public Future<Set<String>> rebalance(Map<ActorRef, IndexedSeq<String>> allocations, Set<String> inProgress) {
        return Futures.successful(Set.of());
    }
}
