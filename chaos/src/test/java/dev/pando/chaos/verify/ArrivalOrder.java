package dev.pando.chaos.verify;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ForwardingCollective;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/// The classic mistake: sums gradients in the order of arrival, and not along the tree.
///
/// So that the mistake shows in every run, the worker with the highest name comes in first.
final class ArrivalOrder implements UnaryOperator<ReplicaFactory> {
    private final Map<Collective.Operation, Sum> sums = new HashMap<>();

    private static final class Sum {
        private final Map<Integer, List<Collective.Partial>> held = new HashMap<>();
        private MemorySegment total;
    }

    @Override
    public ReplicaFactory apply(ReplicaFactory workbench) {
        return new ReplicaFactory() {
            @Override
            public Replica replica(JobSpec job, String worker) {
                Replica sound = workbench.replica(job, worker);
                return new Replica(sound.trainer(), new Hasty(sound.collective()));
            }

            @Override
            public CheckpointStore checkpoints(JobSpec job) {
                return workbench.checkpoints(job);
            }

            @Override
            public Map<String, String> checkpointAttributes(JobSpec job) {
                return workbench.checkpointAttributes(job);
            }
        };
    }

    private synchronized MemorySegment sum(
            Collective.Operation operation, int rank, int members, List<Collective.Partial> mine, long bytes)
            throws InterruptedException {
        Sum sum = sums.computeIfAbsent(operation, _ -> new Sum());
        sum.held.put(rank, mine);
        if (sum.held.size() == members) {
            sum.total = Arena.ofAuto().allocate(bytes);
            for (int next = members - 1; next >= 0; next--) {
                sum.held.get(next).forEach(partial -> add(sum.total, partial.span()));
            }
            notifyAll();
        }
        while (sum.total == null) {
            wait(10_000);
        }
        return sum.total;
    }

    private static void add(MemorySegment into, MemorySegment span) {
        for (long i = 0; i < into.byteSize() / Float.BYTES; i++) {
            float sum = into.getAtIndex(ValueLayout.JAVA_FLOAT, i) + span.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            into.setAtIndex(ValueLayout.JAVA_FLOAT, i, sum);
        }
    }

    private final class Hasty extends ForwardingCollective {
        private volatile Membership membership;

        private Hasty(Collective collective) {
            super(collective);
        }

        @Override
        public Outcome allReduce(
                Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
            List<String> addresses = membership.members().stream().map(Member::address).toList();
            try {
                result.copyFrom(
                        sum(operation, addresses.indexOf(address()), addresses.size(), mine, result.byteSize()));
                return new Outcome.Done();
            } catch (InterruptedException interrupted) {
                return new Outcome.EpochOver(membership.epoch());
            }
        }

        @Override
        public void enter(Membership next) {
            membership = next;
            super.enter(next);
        }
    }
}
