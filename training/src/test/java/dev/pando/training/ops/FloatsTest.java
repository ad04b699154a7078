package dev.pando.training.ops;

import static org.assertj.core.api.Assertions.assertThat;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class FloatsTest {
    /// One unit in the last place is up to 1.2e-7; the polynomial adds little to the last rounding.
    private static final double BOUND = 1.3e-7;

    @Test
    void shouldExponentiateToTheLastPlace() {
        double worst = 0;
        for (float x = -87.3f; x < 88.3f; x += 0.00137f) {
            double expected = StrictMath.exp(x);
            double error = Math.abs(exp(x) - expected) / expected;
            worst = Math.max(worst, error);
        }

        assertThat(worst).isLessThan(BOUND);
    }

    @Test
    void shouldExponentiateOneNumberWithTheBitsOfALane() {
        for (float x = -120f; x < 100f; x += 0.0173f) {
            assertThat(Floats.exp(x)).isEqualTo(exp(x));
        }
    }

    @Test
    void shouldFlushSmallExponentialsToZeroAndBoundLargeOnes() {
        assertThat(exp(-87.4f)).isZero();
        assertThat(exp(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(exp(0)).isEqualTo(1);
        assertThat(exp(1000)).isEqualTo(exp(88.3f));
    }

    @Test
    void shouldSumEveryLaneOnce() {
        FloatVector lanes = FloatVector.zero(Floats.SPECIES).addIndex(1);

        assertThat(Floats.sum(lanes)).isEqualTo(Floats.LANES * (Floats.LANES - 1) / 2f);
    }

    private static float exp(float x) {
        return Floats.exp(Floats.of(x)).lane(0);
    }
}
