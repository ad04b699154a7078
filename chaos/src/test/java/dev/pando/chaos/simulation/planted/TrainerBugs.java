package dev.pando.chaos.simulation.planted;

import dev.pando.chaos.simulation.planted.SeamBugs.Named;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/// Trainers that break a promise.
final class TrainerBugs {
    private TrainerBugs() {}

    static Map<String, Function<Named, Trainer>> all() {
        Map<String, Function<Named, Trainer>> bugs = new LinkedHashMap<>();
        bugs.put(
                "restoring forgets the first moments",
                named -> new Forgets(named, name -> name.startsWith("exp_avg/")));
        bugs.put("restoring forgets a tensor", named -> new Forgets(named, "marks"::equals));
        bugs.put("restoring forgets the data position", ForgetsPosition::new);
        bugs.put("restoring forgets the loss history", ForgetsHistory::new);
        bugs.put("a restarted worker computes nothing", named -> restarted(named) ? new Idle(named) : named.trainer());
        bugs.put("randomness depends on who computes", named -> new Personal(named));
        bugs.put("a gradient is added to what the span held before", Uncleared::new);
        bugs.put("a replica votes without looking at the sum", Blind::new);
        bugs.put("numbers that are not finite are voted for as zero", Hopeful::new);
        bugs.put(
                "a step is applied twice after a restart",
                named -> restarted(named) ? new Twice(named) : named.trainer());
        bugs.put("a shard is computed with weights of before the last step", Stale::new);
        return bugs;
    }

    private static boolean restarted(Named named) {
        return named.worker().contains("#") || named.worker().startsWith("p");
    }

    private static final class Forgets extends ForwardingTrainer {
        private final Predicate<String> forgotten;

        private Forgets(Named named, Predicate<String> forgotten) {
            super(named.trainer());
            this.forgotten = forgotten;
        }

        @Override
        public void restored(long step, LossHistory history) {
            super.restored(step, history);
            for (TrainerState.Span span : state().spans()) {
                if (forgotten.test(span.name())) {
                    span.data().fill((byte) 0);
                }
            }
        }
    }

    private static final class ForgetsPosition extends ForwardingTrainer {
        private long position;

        private ForgetsPosition(Named named) {
            super(named.trainer());
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            long step = step();
            LossHistory history = state().history();
            super.restored(position, history);
            ShardLoss loss = super.compute(shard, gradient);
            super.restored(step, history);
            return loss;
        }

        @Override
        public Committed apply(MemorySegment gradientSum, ShardLoss total) {
            position++;
            return super.apply(gradientSum, total);
        }
    }

    private static final class ForgetsHistory extends ForwardingTrainer {
        private ForgetsHistory(Named named) {
            super(named.trainer());
        }

        @Override
        public void restored(long step, LossHistory history) {
            super.restored(step, LossHistory.EMPTY);
        }
    }

    private static final class Idle extends ForwardingTrainer {
        private Idle(Named named) {
            super(named.trainer());
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            ShardLoss loss = super.compute(shard, gradient);
            gradient.fill((byte) 0);
            return loss;
        }
    }

    private static final class Personal extends ForwardingTrainer {
        private final float noise;

        private Personal(Named named) {
            super(named.trainer());
            this.noise = restarted(named) ? 1 : 0;
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            ShardLoss loss = super.compute(shard, gradient);
            gradient.setAtIndex(ValueLayout.JAVA_FLOAT, 0, gradient.getAtIndex(ValueLayout.JAVA_FLOAT, 0) + noise);
            return loss;
        }
    }

    private static final class Uncleared extends ForwardingTrainer {
        private Uncleared(Named named) {
            super(named.trainer());
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            float before = gradient.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
            ShardLoss loss = super.compute(shard, gradient);
            gradient.setAtIndex(ValueLayout.JAVA_FLOAT, 0, gradient.getAtIndex(ValueLayout.JAVA_FLOAT, 0) + before);
            return loss;
        }
    }

    private static final class Blind extends ForwardingTrainer {
        private Blind(Named named) {
            super(named.trainer());
        }

        @Override
        public Examined examine(MemorySegment gradientSum, ShardLoss total) {
            return new Examined(1, 1);
        }
    }

    private static final class Hopeful extends ForwardingTrainer {
        private Hopeful(Named named) {
            super(named.trainer());
        }

        @Override
        public Examined examine(MemorySegment gradientSum, ShardLoss total) {
            Examined examined = super.examine(gradientSum, total);
            return examined.isFinite() ? examined : new Examined(0, examined.digest());
        }
    }

    private static final class Twice extends ForwardingTrainer {
        private Twice(Named named) {
            super(named.trainer());
        }

        @Override
        public Committed apply(MemorySegment gradientSum, ShardLoss total) {
            long step = step();
            LossHistory history = state().history();
            super.apply(gradientSum, total);
            super.restored(step, history);
            return super.apply(gradientSum, total);
        }
    }

    /// Remembers its weights of before the last step, as a buffer would that was not refreshed after a rebuild.
    private static final class Stale extends ForwardingTrainer {
        private boolean restored;

        private Stale(Named named) {
            super(named.trainer());
        }

        @Override
        public void restored(long step, LossHistory history) {
            super.restored(step, history);
            restored = true;
        }

        @Override
        public ShardLoss compute(int shard, MemorySegment gradient) {
            if (!restored) {
                return super.compute(shard, gradient);
            }
            MemorySegment weights = state().spans().getFirst().data();
            float now = weights.getAtIndex(ValueLayout.JAVA_FLOAT, 0);
            weights.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 0);
            ShardLoss loss = super.compute(shard, gradient);
            weights.setAtIndex(ValueLayout.JAVA_FLOAT, 0, now);
            return loss;
        }
    }
}
