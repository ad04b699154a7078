package dev.pando.chaos.simulation.planted;

import dev.pando.chaos.simulation.world.Tampering;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ForwardingCollective;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// Collectives that break a promise.
final class CollectiveBugs {
    private CollectiveBugs() {}

    static Map<String, Supplier<Tampering>> all() {
        Map<String, Supplier<Tampering>> bugs = new LinkedHashMap<>();
        bugs.put("a state is received but for its last span", () -> on(Incomplete::new));
        bugs.put("a transfer that was broken off counts as done", () -> on(Broken::new));
        bugs.put("a partial sum sets out before it is complete", () -> on(Hasty::new));
        bugs.put("a partial sum of a retried step is sent twice", () -> on(Doubled::new));
        return bugs;
    }

    private static Tampering on(UnaryOperator<Collective> bug) {
        return new Tampering() {
            @Override
            public Collective collective(String worker, Collective collective) {
                return bug.apply(collective);
            }
        };
    }

    private static final class Incomplete extends ForwardingCollective {
        private Incomplete(Collective collective) {
            super(collective);
        }

        @Override
        public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
            MemorySegment last = spans.getLast();
            List<MemorySegment> others = new ArrayList<>(spans.subList(0, spans.size() - 1));
            others.add(Arena.ofAuto().allocate(last.byteSize(), Float.BYTES));
            return super.receive(deadline, operation, from, others);
        }
    }

    private static final class Broken extends ForwardingCollective {
        private Broken(Collective collective) {
            super(collective);
        }

        @Override
        public Outcome receive(Deadline deadline, Operation operation, String from, List<MemorySegment> spans) {
            Outcome outcome = super.receive(deadline, operation, from, spans);
            return outcome instanceof Outcome.EpochOver ? outcome : new Outcome.Done();
        }
    }

    private static final class Hasty extends ForwardingCollective {
        private Hasty(Collective collective) {
            super(collective);
        }

        @Override
        public Outcome allReduce(
                Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
            if (operation.epoch() > 1) {
                mine.stream()
                        .filter(partial -> partial.node().isLeaf())
                        .forEach(partial -> partial.span().fill((byte) 0));
            }
            return super.allReduce(deadline, operation, tree, mine, result);
        }
    }

    private static final class Doubled extends ForwardingCollective {
        private long last = -1;

        private Doubled(Collective collective) {
            super(collective);
        }

        @Override
        public Outcome allReduce(
                Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
            boolean again = last == operation.number();
            last = operation.number();
            if (again) {
                mine.forEach(partial ->
                        dev.pando.training.ops.Sums.add(
                                partial.span(), partial.span(), partial.span().byteSize() / Float.BYTES));
            }
            return super.allReduce(deadline, operation, tree, mine, result);
        }
    }
}
