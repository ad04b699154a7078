package dev.pando.chaos.acme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.pando.chaos.acme.FailureReason.Category;
import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Target;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class AcmeModelTest {
    @Test
    void shouldHoldTheTableAsPublished() {
        // sums of the paper's categories: 281, 404 and 1,890 failures; 82.06, 14.71 and 3.22 % of the GPU time
        assertThat(FailureReason.values()).hasSize(29);
        assertThat(count(Category.INFRASTRUCTURE)).isEqualTo(281);
        assertThat(count(Category.FRAMEWORK)).isEqualTo(404);
        assertThat(count(Category.SCRIPT)).isEqualTo(1890);
        assertThat(gpuTime(Category.INFRASTRUCTURE)).isCloseTo(82.06, within(0.005));
        assertThat(gpuTime(Category.FRAMEWORK)).isCloseTo(14.71, within(0.005));
        assertThat(gpuTime(Category.SCRIPT)).isCloseTo(3.22, within(0.005));
    }

    private static int count(Category category) {
        return Arrays.stream(FailureReason.values())
                .filter(reason -> reason.category() == category)
                .mapToInt(FailureReason::count)
                .sum();
    }

    private static double gpuTime(Category category) {
        return Arrays.stream(FailureReason.values())
                .filter(reason -> reason.category() == category)
                .mapToDouble(FailureReason::gpuTimePercent)
                .sum();
    }

    @Test
    void shouldHaveTheDerivedRateOfInfrastructureFailures() {
        // 134 failures without ConnectionError in 5.32 M GPU hours: 2.5e-5 for each GPU and hour
        double rate =
                Arrays.stream(FailureReason.values())
                        .filter(reason ->
                                reason.category() == Category.INFRASTRUCTURE
                                        && reason != FailureReason.CONNECTION_ERROR)
                        .mapToDouble(FailureReason::ratePerGpuHour)
                        .sum();

        assertThat(rate).isCloseTo(2.52e-5, within(0.01e-5));
    }

    @Test
    void shouldStrikeAsOftenAsTheRateSays() {
        AcmeModel model = new AcmeModel(2048, 3600, 1); // an hour a step
        long hours = 20_000;

        FaultScript script = model.sample(7, 3, hours);

        double expected = hours / model.hoursBetweenFailures();
        assertThat((double) script.faults().size())
                .isCloseTo(expected, within(5 * Math.sqrt(expected))); // Poisson: 5 sigma
    }

    @Test
    void shouldEndWholeProcessesWhereItDoesInLife() {
        AcmeModel model = new AcmeModel(2048, 360_000, 7);
        FaultScript script = model.onProcesses(1, 8, 4, 600);

        assertThat(script.faults()).hasSameSizeAs(new AcmeModel(2048, 360_000, 1).sample(1, 8, 600).faults());
        assertThat(script.faults())
                .filteredOn(fault -> fault.effect() instanceof Effect.Kill)
                .isNotEmpty()
                .allMatch(fault -> fault.target() instanceof Target.Node(int number) && number >= 1 && number <= 4);
    }

    @Test
    void shouldGiveTheSameFailuresForTheSameSeed() {
        AcmeModel model = new AcmeModel(2048, 1_000_000, 0.5);

        assertThat(model.sample(1, 3, 200)).isEqualTo(model.sample(1, 3, 200)).isNotEqualTo(model.sample(2, 3, 200));
    }

    @Test
    void shouldGiveAScriptThatCanBeWrittenAndInjected() {
        FaultScript script = new AcmeModel(2048, 1_000_000, 1).sample(3, 4, 300);

        assertThat(script.faults()).hasSizeGreaterThan(20);
        assertThat(FaultScript.parse(script.toString())).isEqualTo(script);
        assertThat(script.refusals()).isEmpty();
        assertThat(script.faults().stream().map(Fault::target).distinct().count()).isGreaterThanOrEqualTo(4);
    }
}
