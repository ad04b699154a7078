package dev.pando.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.Tampering;
import dev.pando.training.step.ForwardingTrainer;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.Trainer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatorTest {
    /// Changes of state to which drawn histories come too seldom, or never.
    private static final List<String> WRITTEN_FOR =
            Stream.of(
                            "closing -> cutOff",
                            "collecting -> cutOff",
                            "collecting -> digesting",
                            "digesting -> waitingForWorkers",
                            "hashing -> cutOff",
                            "loading -> awaitingWriter",
                            "loading -> cutOff",
                            "surveying -> cutOff",
                            "opening -> receiving",
                            "pausing -> cutOff",
                            "savingTheLastCopy -> cutOff")
                    .map(move -> "JobSupervisor: " + move)
                    .toList();

    private static final long SEEDS = Long.getLong("pando.simulation.seeds", 120);
    private static final long IN_ANY_ORDER = 60;

    private static Plan plan(String faults) {
        FaultScript script = faults.isEmpty() ? FaultScript.NONE : FaultScript.parse(faults).bind(1, 4, 12);
        return new Plan(7, 4, 1, 9, 12, 4, script);
    }

    @Test
    void shouldBreakNoRuleUnderRandomFaults() {
        try (Simulator simulator = new Simulator()) {
            for (long seed = 1; seed <= SEEDS; seed++) {
                Chronicle chronicle = simulator.run(Plans.draw(seed, 0));

                assertThat(chronicle.violations()).as(chronicle.plan().toString()).isEmpty();
            }
            assertThat(simulator.coverage().unforeseen()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldBreakNoRuleWhereMomentsAreSharded(int copies) {
        try (Simulator simulator = new Simulator()) {
            for (long seed = 1; seed <= SEEDS / 2; seed++) {
                Chronicle chronicle = simulator.run(Plans.draw(seed, 0).withOptimizerCopies(copies));

                assertThat(chronicle.violations()).as(chronicle.plan().toString()).isEmpty();
            }
        }
    }

    /// Seeds that once broke a rule, see docs/reliability.md.
    @ParameterizedTest
    @ValueSource(longs = {988, 3243, 3979, 9377})
    void shouldBreakNoRuleAnyMore(long seed) {
        try (Simulator simulator = new Simulator()) {
            assertThat(simulator.run(Plans.draw(seed, 0).withOptimizerCopies(0)).violations()).isEmpty();
        }
    }

    /// The same where optimizer state is sharded.
    @ParameterizedTest
    @CsvSource({"1095, 1", "2159, 2", "2725, 1", "2805, 1"})
    void shouldBreakNoRuleAnyMoreWhereMomentsAreSharded(long seed, int copies) {
        try (Simulator simulator = new Simulator()) {
            assertThat(simulator.run(Plans.draw(seed, 0).withOptimizerCopies(copies)).violations()).isEmpty();
        }
    }

    @Test
    void shouldBreakNoRuleInTheWrittenHistories() {
        try (Simulator simulator = new Simulator()) {
            for (long seed = Plans.firstWritten(); seed < 0; seed++) {
                Chronicle chronicle = simulator.run(Plans.draw(seed, 0));

                assertThat(chronicle.violations()).as(chronicle.plan().toString()).isEmpty();
            }
            assertThat(simulator.coverage().unforeseen()).isEmpty();
            assertThat(simulator.coverage().unmade()).doesNotContainAnyElementsOf(WRITTEN_FOR);
        }
    }

    @Test
    void shouldGiveUpALastCopyOfTheStateThatHangsWhileItIsSent() {
        try (Simulator simulator = new Simulator()) {
            FaultScript script =
                    FaultScript.parse("kill worker-5 when any computes at step 5, hang all in rebuild at step 0")
                            .bind(1, 8, 6);

            Chronicle chronicle = simulator.run(new Plan(1132, 8, 1, 17, 6, 2, script));

            assertThat(chronicle.violations()).isEmpty();
        }
    }

    @Test
    void shouldTellTheSameHistoryOfTheSameSeedWhateverWasToldBefore() {
        Plan plan =
                plan("kill node-1 at step 3, hang worker-2 in reduce at step 5, partition node-0 | node-3 at step 8");
        Chronicle first;
        try (Simulator simulator = new Simulator()) {
            first = simulator.run(plan);
        }
        try (Simulator simulator = new Simulator()) {
            simulator.run(plan("kill all in apply at step 2"));

            Chronicle second = simulator.run(plan);

            assertThat(second.digest()).isEqualTo(first.digest());
            assertThat(second.history()).isEqualTo(first.history());
        }
    }

    @Test
    void shouldTellTheSameHistoriesInWhateverOrderTheirSeedsAreRun() {
        Map<Long, Long> digests = new HashMap<>();
        try (Simulator simulator = new Simulator()) {
            for (long seed = 1; seed <= IN_ANY_ORDER; seed++) {
                digests.put(seed, simulator.run(Plans.draw(seed, 0)).digest());
            }
        }

        try (Simulator simulator = new Simulator()) {
            for (long seed = IN_ANY_ORDER; seed >= 1; seed--) {
                assertThat(simulator.run(Plans.draw(seed, 0)).digest()).as("seed " + seed).isEqualTo(digests.get(seed));
            }
        }
    }

    @Test
    void shouldTellAnotherHistoryOfAnotherSeed() {
        try (Simulator simulator = new Simulator()) {
            Plan plan = plan("");

            long one = simulator.run(plan).digest();
            long other = simulator.run(new Plan(8, 4, 1, 9, 12, 4, FaultScript.NONE)).digest();

            assertThat(one).isNotEqualTo(other);
        }
    }

    @Test
    void shouldNoticeAndShrinkWhatBreaksARule() {
        Tampering forgetful =
                new Tampering() {
                    @Override
                    public Trainer trainer(String worker, Trainer trainer) {
                        return new ForwardingTrainer(trainer) {
                            @Override
                            public void restored(long step, LossHistory history) {
                                super.restored(step, history);
                                state().spans().getLast().data().fill((byte) 0);
                            }
                        };
                    }
                };
        try (Simulator simulator = new Simulator()) {
            Plan plan = plan("delay worker-1 100ms at step 2, kill worker-2 at step 3, slow worker-3 x2 at step 5");

            Chronicle broken = simulator.run(plan, forgetful, false);
            Plan small = new Shrinker(simulator, forgetful).shrink(plan);

            assertThat(broken.violations()).isNotEmpty();
            assertThat(small.faults().faults()).extracting(Object::toString).containsExactly("kill worker-2 at step 3");
            assertThat(small.steps()).isLessThan(plan.steps());
        }
    }

    @Test
    void shouldWriteDownEveryTurnWhereAskedTo() {
        try (Simulator simulator = new Simulator()) {
            Chronicle chronicle = simulator.run(plan("kill worker-2 in vote at step 3"), Tampering.NONE, true);

            assertThat(chronicle.log())
                    .anyMatch(line -> line.contains("struck worker-2"))
                    .anyMatch(line -> line.contains("=> voting"));
            assertThat(chronicle.verdict()).isEqualTo("no rule is broken");
        }
    }
}
