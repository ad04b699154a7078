package dev.pando.actors.planning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.planning.RecomputeCheck.Made;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RecomputeCheckTest {
    private static final double NONE = Double.NaN;

    private final RecomputeCheck doubt = new RecomputeCheck();

    @Test
    void shouldHandEveryBatchShardToAnotherWorkerWhereThereAreTwo() {
        doubt.begin(3, made("a", 1, "a", 1, "b", 1, "c", 1));

        assertThat(doubt.elsewhere(plan(Map.of("a", List.of(0, 1), "b", List.of(2), "c", List.of(3)))))
                .isEqualTo(plan(Map.of("b", List.of(0, 1), "c", List.of(2), "a", List.of(3))));
        assertThat(doubt.elsewhere(plan(Map.of("a", List.of(0, 1, 2, 3), "b", List.of()))))
                .isEqualTo(plan(Map.of("b", List.of(0, 1, 2, 3), "a", List.of())));
        assertThat(doubt.elsewhere(plan(Map.of("a", List.of(0, 1, 2, 3)))))
                .isEqualTo(plan(Map.of("a", List.of(0, 1, 2, 3))));
        assertThat(doubt.elsewhere(plan(Map.of("d", List.of(0, 1), "e", List.of(2, 3)))))
                .as("no worker has the shards it had")
                .isEqualTo(plan(Map.of("d", List.of(0, 1), "e", List.of(2, 3))));
    }

    @Test
    void shouldBeOfOneStepOnly() {
        doubt.begin(3, made("a", 1));

        assertThat(doubt.isAbout(3)).isTrue();
        assertThat(doubt.isAbout(4)).isFalse();
        doubt.forget();
        assertThat(doubt.isAbout(3)).isFalse();
    }

    @Test
    void shouldHoldTheDataForBadWhereOthersGetTheSame() {
        doubt.begin(3, made("a", 1, "a", NONE, "b", 3));

        assertThat(doubt.isConfirmedBy(made("b", 1, "b", NONE, "a", 3))).isTrue();
        assertThat(doubt.isConfirmedBy(made("b", 1, "b", 2, "a", 3))).isFalse();
        assertThat(doubt.isConfirmedBy(made("b", 1, "b", Double.POSITIVE_INFINITY, "a", 3))).isFalse();
    }

    @Test
    void shouldBlameWhoeverWasWrongBefore() {
        doubt.begin(3, made("a", 1, "a", NONE, "b", 1e9));

        assertThat(doubt.blamedBefore(made("b", 1, "b", 2, "a", 1e9))).containsExactly("a");
        assertThat(doubt.blamedBefore(made("b", 1, "b", 2, "a", 3))).containsExactly("a", "b");
        assertThat(doubt.blamedBefore(made("a", 1, "a", 2, "b", 3))).as("they put it right themselves").isEmpty();
    }

    @Test
    void shouldBlameWhoeverAloneHasNoNumber() {
        doubt.begin(3, made("a", NONE, "b", 2));

        assertThat(doubt.blamed(made("b", 1, "a", NONE))).containsExactly("a");
        assertThat(doubt.blamed(made("b", 1, "a", 2))).containsExactly("a");
        assertThat(doubt.blamed(made("b", NONE, "a", NONE))).containsExactly("a");
    }

    @Test
    void shouldBlameWhoeverTakesPartInEveryDispute() {
        doubt.begin(3, made("a", 1e9, "b", 2, "c", 3));

        assertThat(doubt.blamed(made("b", 1, "c", 2, "a", 3e9))).containsExactly("a");
    }

    @Test
    void shouldBlameNobodyOfTwoWhoDiffer() {
        doubt.begin(3, made("a", 1e9, "b", 2));

        assertThat(doubt.blamed(made("b", 1, "a", 2e9))).isEmpty();
    }

    /// Shard by shard: by whom, and the loss.
    private static SortedMap<Integer, Made> made(Object... each) {
        SortedMap<Integer, Made> made = new TreeMap<>();
        for (int i = 0; i < each.length; i += 2) {
            double loss = ((Number) each[i + 1]).doubleValue();
            made.put(i / 2, new Made((String) each[i], new ShardLoss(loss, 1)));
        }
        return made;
    }

    private static SortedMap<String, List<Integer>> plan(Map<String, List<Integer>> shares) {
        return new TreeMap<>(shares);
    }
}
