package dev.pando.actors.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// Workers whose speed a test decides, through many steps of a job.
class ShardBalancerTest {
    private static final int SHARDS = 24;

    private final ShardBalancer balance = new ShardBalancer(SHARDS);
    private final SortedMap<String, Double> speeds = new TreeMap<>();
    private final List<SortedMap<String, List<Integer>>> plans = new ArrayList<>();

    @Test
    void shouldBeginWithEqualShares() {
        give("a", 1, "b", 1, "c", 1, "d", 1);

        assertThat(balance.plan(speeds.keySet()).values()).extracting(List::size).containsOnly(6);
    }

    @Test
    void shouldGiveInProportionToSpeed() {
        give("a", 1, "b", 1, "c", 2, "d", 1);

        steps(20, 0);

        assertThat(sizes()).isEqualTo(Map.of("a", 7, "b", 7, "c", 3, "d", 7));
    }

    @Test
    void shouldSaveWhatTheSlowOneHeldUp() {
        give("a", 1, "b", 1, "c", 1, "d", 2.5);
        double alike = 6 * 2.5;

        double seconds = steps(100, 0.05);

        double best = SHARDS / (1 + 1 + 1 + 1 / 2.5); // if shards could be cut
        assertThat(seconds).isLessThan(0.6 * alike).isCloseTo(best, within(0.25 * best));
    }

    @Test
    void shouldNotMoveAnythingBecauseOfNoise() {
        give("a", 1, "b", 1.02, "c", 0.98, "d", 1);

        steps(1_000, 0.2);

        assertThat(plans).as("of steps that differ by a fifth for no reason").containsOnly(plans.getFirst());
    }

    @Test
    void shouldNotMoveAnythingBecauseOfOnePause() {
        give("a", 1, "b", 1, "c", 1);
        steps(20, 0);

        speeds.put("b", 40.0);
        steps(1, 0);
        speeds.put("b", 1.0);
        steps(20, 0);

        assertThat(plans).containsOnly(plans.getFirst());
    }

    @Test
    void shouldRestWhoWouldHoldUpAllOthersAndTryItAgain() {
        give("a", 1, "b", 1, "c", 30);
        steps(100, 0);
        assertThat(sizes()).isEqualTo(Map.of("a", 12, "b", 12, "c", 0));

        double seconds = steps(1_000, 0);
        assertThat(seconds).as("mean step, with all trials").isLessThan(12 * 1.05);

        speeds.put("c", 1.0);
        steps(200, 0);
        assertThat(sizes()).isEqualTo(Map.of("a", 8, "b", 8, "c", 8));
    }

    @Test
    void shouldGiveANewcomerAsMuchAsTheMiddleOneUntilItIsKnown() {
        give("a", 1, "b", 1, "c", 2);
        steps(20, 0);

        give("d", 1);

        assertThat(balance.plan(speeds.keySet()).get("d")).hasSize(7);
    }

    @Property(tries = 200)
    void shouldGiveEachShardToOneAndEndAsSoonAsCanBe(
            @ForAll @Size(min = 1, max = 6) List<@DoubleRange(min = 0.1, max = 10) Double> seconds,
            @ForAll @IntRange(min = 1, max = 40) int shards) {
        SortedMap<String, Double> perShard = new TreeMap<>();
        IntStream.range(0, seconds.size()).forEach(i -> perShard.put("worker-" + i, seconds.get(i)));

        SortedMap<String, Integer> shares = ShardPlanner.share(shards, perShard);

        List<Integer> given = new ArrayList<>();
        ShardPlanner.runs(shares).values().forEach(given::addAll);
        assertThat(given).containsExactlyElementsOf(IntStream.range(0, shards).boxed().toList());
        double end = ShardPlanner.seconds(shares, perShard);
        double sooner = end * (1 - 1e-9);
        long couldBeDone = seconds.stream().mapToLong(each -> (long) (sooner / each)).sum();
        assertThat(couldBeDone).as("shards done any sooner, whatever the division").isLessThan(shards);
    }

    private void give(Object... pairs) {
        for (int i = 0; i < pairs.length; i += 2) {
            speeds.put((String) pairs[i], ((Number) pairs[i + 1]).doubleValue());
        }
    }

    /// @param noise by what part of it a step may take longer or less long than it should
    /// @return mean seconds of a step
    private double steps(int number, double noise) {
        Random random = new Random(7);
        double all = 0;
        for (int step = 0; step < number; step++) {
            SortedMap<String, List<Integer>> plan = balance.plan(speeds.keySet());
            plans.add(plan);
            double longest = 0;
            for (var share : plan.entrySet()) {
                double each = speeds.get(share.getKey()) * (1 + noise * (2 * random.nextDouble() - 1));
                share.getValue().forEach(_ -> balance.computed(share.getKey(), each));
                longest = Math.max(longest, each * share.getValue().size());
            }
            balance.endStep();
            all += longest;
        }
        return all / number;
    }

    private Map<String, Integer> sizes() {
        Map<String, Integer> sizes = new TreeMap<>();
        balance.plan(speeds.keySet()).forEach((worker, run) -> sizes.put(worker, run.size()));
        return sizes;
    }
}
