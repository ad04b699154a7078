package dev.pando.bench.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

final class TimedOpsTest {
    private static final Workload TINY = new Workload("tiny", new ModelConfig(48, 16, 2, 4, 2, 24, 1e4, 1e-5), 3, 8);

    @Test
    void shouldChangeNoBit() {
        try (PandoSide plain = new PandoSide(TINY, new CpuOps("plain", 1));
                PandoSide timed = new PandoSide(TINY, new TimedOps(new CpuOps("timed", 1)))) {
            plain.run(3);
            timed.run(3);

            assertThat(timed.hash()).isEqualTo(plain.hash());
        }
    }

    @Test
    void shouldSeeAllTheOperationsOfTheStepsFormula() {
        TimedOps ops = new TimedOps(new CpuOps("timed", 1));
        try (PandoSide timed = new PandoSide(TINY, ops)) {
            timed.run(2);

            double flops =
                    ops.meters().stream().mapToDouble(meter -> meter.gflopPerSecond() * meter.nanoseconds()).sum();

            assertThat(flops).isCloseTo(2 * TINY.flops(), Percentage.withPercentage(1e-9));
        }
    }
}
