package dev.pando.training.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// Expected numbers: the formulas of `transformers`' `modeling_rope_utils`, computed in float64 by another program for
/// heads of 16 and base 10,000. The bound is some units in the last place.
class RopeScalingTest {
    private static final Offset<Double> CLOSE = Offset.offset(1e-15);

    @Test
    void shouldDivideEveryFrequencyWhereScalingIsLinear() {
        double[] frequencies = new RopeScaling.Linear(4).frequencies(16, 1e4, 7);

        assertThat(frequencies[0]).isEqualTo(0.25);
        assertThat(frequencies[1]).isCloseTo(0.07905694150420949, CLOSE);
        assertThat(frequencies[7]).isCloseTo(7.905694150420948e-05, CLOSE);
    }

    @Test
    void shouldRaiseTheBaseOnlyBeyondTheTrainedPositions() {
        RopeScaling dynamic = new RopeScaling.Dynamic(2, 32);

        assertThat(dynamic.frequencies(16, 1e4, 32)).containsExactly(RopeScaling.none().frequencies(16, 1e4, 1));
        assertThat(dynamic.frequencies(16, 1e4, 48)[1]).isCloseTo(0.2864149709787598, CLOSE);
        assertThat(dynamic.frequencies(16, 1e4, 48)[7]).isCloseTo(0.00015811388300841897, CLOSE);
    }

    @Test
    void shouldReachTheBaseOfInternLm2At200kTokens() {
        double second = new RopeScaling.Dynamic(2, 32_768).frequencies(128, 1e6, 200_000)[1];

        assertThat(Math.pow(second, -64)).isCloseTo(11_645_259.31, Offset.offset(1e-1));
    }

    @Test
    void shouldBlendMiddleWavesAsLlama3Does() {
        double[] frequencies = new RopeScaling.Llama3(8, 1, 4, 64).frequencies(16, 1e4, 7);

        assertThat(frequencies[0]).isEqualTo(1); // a short wave
        assertThat(frequencies[1]).isCloseTo(0.24438459943539834, CLOSE);
        assertThat(frequencies[2]).isCloseTo(0.013042256043820465, CLOSE);
        assertThat(frequencies[7]).isCloseTo(3.952847075210474e-05, CLOSE); // a long wave
    }

    @Test
    void shouldRefuseNumbersThatScaleNothing() {
        assertThatThrownBy(() -> new RopeScaling.Linear(0)).hasMessage("rope-scaling.factor must be above 0, not 0.0");
        assertThatThrownBy(() -> new RopeScaling.Llama3(8, 4, 4, 64)).hasMessageContaining("high-frequency-factor");
    }
}
