package dev.pando.evaluation.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanTest {
    @Test
    void shouldPlanWhatWasCountedByHand() {
        List<Workload> sets = List.of(new Workload("a", 40, 0), new Workload("b", 20, 50), new Workload("c", 20, 0));

        // shards of at most 30 s: a is cut in two; b is first for its scoring, then all of 20 s
        Plan plan = Plan.decoupled(sets, 2, 5);

        assertThat(plan.makespan()).isCloseTo(5 + 20 + 50, within(1e-9));
        assertThat(Plan.bound(sets, 2, 5)).isCloseTo(5 + 50, within(1e-9));
        assertThat(Plan.oneTrialEach(sets, 2, 10).makespan()).isCloseTo(80, within(1e-9)); // b: 30 + 50; a, c: 50, 30
        assertThat(Plan.wholeSets(sets, 2, 5).makespan()).isCloseTo(75, within(1e-9));
    }

    @Test
    void shouldDoAllOfEachSetOnceAndOneShardAtATimeOnADevice() {
        List<Workload> sets = Simulation.sets(7);

        Plan plan = Plan.decoupled(sets, 8, 5);

        Map<String, Double> done = new HashMap<>();
        Map<Integer, Double> busyUntil = new HashMap<>();
        for (Plan.Placed shard : plan.shards()) {
            assertThat(shard.begin()).isGreaterThanOrEqualTo(busyUntil.getOrDefault(shard.device(), 5.0));
            busyUntil.put(shard.device(), shard.end());
            done.merge(shard.set(), shard.end() - shard.begin(), Double::sum);
        }
        for (Workload set : sets) {
            assertThat(done.get(set.name())).isCloseTo(set.seconds(), within(1e-6 * set.seconds()));
        }
        assertThat(plan).isEqualTo(Plan.decoupled(sets, 8, 5));
    }

    @ParameterizedTest
    @CsvSource({"8, 1.8", "32, 3"})
    void shouldComeWithinFiveHundredthsOfTheBound(int devices, double sooner) {
        Simulation simulation = Simulation.of(devices, 300);

        assertThat(simulation.overBound()).isLessThanOrEqualTo(1.05);
        assertThat(simulation.soonerThanTrials()).isGreaterThanOrEqualTo(sooner);
        assertThat(simulation.soonerThanWholeSets()).isGreaterThanOrEqualTo(1.3);
    }
}
