package dev.pando.actors.supervisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.OptimizerShard;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HoldingsSurveyTest {
    private static final LossHistory SEVEN = LossHistory.EMPTY.then(6, 2.5, 0.1);
    private static final LossHistory EIGHT = SEVEN.then(7, 2.25, 0.1);
    private static final Map<String, String> DEVICES = Map.of("d1", "n1", "d2", "n2", "d3", "n3");

    private final HoldingsSurvey muster =
            new HoldingsSurvey(
                    new RecoveredLeadership(
                            2, 5, new TreeMap<>(Map.of("w0", "n0", "w1", "n1", "w2", "n2", "w3", "n3")), Set.of()),
                    "n0"::equals);

    @Test
    void shouldBeOverWhenAllHaveAnsweredWhoAreNotGone() {
        muster.listed();
        muster.arrived("w1", "d1", holding(7, SEVEN));
        muster.arrived("w2", "d2", holding(7, SEVEN));
        assertThat(muster.isOver(DEVICES)).isFalse();

        muster.building("w3#2", "d3");

        assertThat(muster.isOver(DEVICES)).isTrue();
        assertThat(muster.absent()).containsOnlyKeys("w0", "w3");
        assertThat(muster.absent().get("w0")).contains("its node is gone");
    }

    @Test
    void shouldWaitForANodeWhoseDevicesAreNotKnownYet() {
        muster.listed();
        muster.arrived("w1", "d1", holding(7, SEVEN));
        muster.arrived("w2", "d2", holding(7, SEVEN));

        assertThat(muster.isOver(Map.of("d1", "n1", "d2", "n2"))).isFalse();
    }

    @Test
    void shouldNotWaitForeverForTheFrozenWhileOthersHoldTheState() {
        muster.listed();
        muster.arrived("w1", "d1", holding(7, SEVEN));

        int ticks = 0;
        while (!muster.isOver(DEVICES)) {
            muster.tick();
            ticks++;
        }

        assertThat(ticks).isBetween(2, 100);
    }

    @Test
    void shouldWaitLongerWhereNobodyHoldsTheState() {
        muster.listed();
        muster.building("w1#2", "d1");
        for (int tick = 0; tick < 100; tick++) {
            muster.tick();
        }

        assertThat(muster.isOver(DEVICES)).isFalse();
        assertThat(muster.step()).isEqualTo(ReplicaInventory.NOTHING);
    }

    @Test
    void shouldCountAStepThatOnlySomeHaveApplied() {
        muster.arrived("w1", "d1", holding(7, SEVEN, 1, 2));
        muster.arrived("w2", "d2", holding(8, EIGHT, 3));
        muster.arrived("w3", "d3", holding(7, SEVEN));

        assertThat(muster.step()).isEqualTo(8);
        assertThat(muster.history()).isEqualTo(EIGHT);
        assertThat(muster.holders()).containsExactly("w2");
        assertThat(muster.shards()).isEqualTo(Map.of("w2", List.of(3)));
    }

    @Test
    void shouldNotGoBackBehindTheNewestCheckpoint() {
        muster.arrived("w1", "d1", holding(4, LossHistory.EMPTY.then(3, 2.75, 0.1)));

        assertThat(muster.step()).isEqualTo(ReplicaInventory.NOTHING);
        assertThat(muster.holders()).isEmpty();
    }

    @Test
    void shouldFollowTheMajorityOfThoseWhoDiffer() {
        muster.arrived("w1", "d1", holding(7, SEVEN));
        muster.arrived("w2", "d2", holding(7, EIGHT));
        assertThat(muster.step()).isEqualTo(ReplicaInventory.NOTHING);

        muster.arrived("w3", "d3", holding(7, SEVEN));

        assertThat(muster.holders()).containsExactly("w1", "w3");
    }

    @Test
    void shouldCountThoseWhoCanApplyWhatOthersHaveApplied() {
        ShardLoss total = new ShardLoss(4.5, 2);
        muster.arrived("w1", "d1", sharded(7, SEVEN, List.of(0, 1), new OptimizerShard.Prepared(total, EIGHT)));
        muster.arrived("w2", "d2", sharded(8, EIGHT, List.of(2), null));
        muster.arrived("w3", "d3", sharded(7, SEVEN, List.of(0, 1, 2), new OptimizerShard.Prepared(total, SEVEN)));

        assertThat(muster.step()).isEqualTo(8);
        assertThat(muster.holders()).containsExactly("w1", "w2");
        assertThat(muster.isUneven()).isTrue();
        assertThat(muster.total()).contains(total);
        assertThat(muster.placement())
                .isEqualTo(MomentPlacement.none().with("w1", List.of(0, 1)).with("w2", List.of(2)));
        assertThat(muster.shards()).containsOnlyKeys("w2");
    }

    @Test
    void shouldCountThoseWhoCanSkipWhatOthersHaveSkipped() {
        muster.arrived("w1", "d1", sharded(7, SEVEN, List.of(0, 1), null));
        muster.arrived("w2", "d2", sharded(8, SEVEN.skipping(7), List.of(2), null));

        assertThat(muster.holders()).containsExactly("w1", "w2");
        assertThat(muster.isUneven()).isTrue();
        assertThat(muster.total()).isEmpty();
    }

    @Test
    void shouldWaitLongerWhereNobodyHoldsSomeOfTheMoments() {
        muster.listed();
        muster.arrived("w1", "d1", sharded(7, SEVEN, List.of(0, 1), null));
        for (int tick = 0; tick < 100; tick++) {
            muster.tick();
        }
        assertThat(muster.isOver(DEVICES)).isFalse();

        muster.arrived("w2", "d2", sharded(7, SEVEN, List.of(2), null));

        assertThat(muster.isOver(DEVICES)).isTrue();
    }

    private static ReplicaInventory sharded(
            long step, LossHistory history, List<Integer> spans, OptimizerShard.Prepared prepared) {
        OptimizerShard share = new OptimizerShard(3, new TreeSet<>(spans), true, Optional.ofNullable(prepared));
        return new ReplicaInventory(step, history, List.of(), List.of(), Optional.of(share));
    }

    private static ReplicaInventory holding(long step, LossHistory history, Integer... shards) {
        return new ReplicaInventory(step, history, List.of(shards), List.of());
    }
}
