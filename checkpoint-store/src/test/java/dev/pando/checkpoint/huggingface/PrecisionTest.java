package dev.pando.checkpoint.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Narrow numbers against all of their kind.
class PrecisionTest {
    private final Arena arena = Arena.ofAuto();

    private short narrow(Precision precision, float value) {
        MemorySegment from = arena.allocate(4);
        from.set(ValueLayout.JAVA_FLOAT, 0, value);
        MemorySegment to = arena.allocate(4);
        precision.narrow(from, to, 1);
        return to.get(ValueLayout.JAVA_SHORT, 0);
    }

    private float widen(Precision precision, int bits) {
        MemorySegment from = arena.allocate(4);
        from.set(ValueLayout.JAVA_SHORT, 0, (short) bits);
        MemorySegment to = arena.allocate(4);
        precision.widen(from, to, 1);
        return to.get(ValueLayout.JAVA_FLOAT, 0);
    }

    @ParameterizedTest
    @EnumSource(names = {"BFLOAT16", "FLOAT16"})
    void shouldGiveBackEveryNumberThatItCanHold(Precision precision) {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float wide = widen(precision, bits);
            if (Float.isNaN(wide)) {
                assertThat(widen(precision, narrow(precision, wide))).isNaN();
            } else {
                assertThat(narrow(precision, wide)).isEqualTo((short) bits);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BFLOAT16", "FLOAT16"})
    void shouldRoundToTheNearestAndTiesToEven(Precision precision) {
        Random random = new Random(1);
        for (int round = 0; round < 50_000; round++) {
            int bits = random.nextInt(1 << 15);
            float low = widen(precision, bits);
            float high = widen(precision, bits + 1);
            if (Float.isFinite(low) && Float.isFinite(high)) {
                double middle = ((double) low + high) / 2;
                int even = bits % 2 == 0 ? bits : bits + 1;

                assertThat(narrow(precision, Math.nextDown((float) middle))).isEqualTo((short) bits);
                assertThat(narrow(precision, Math.nextUp((float) middle))).isEqualTo((short) (bits + 1));
                if ((float) middle == middle) {
                    assertThat(narrow(precision, (float) middle)).isEqualTo((short) even);
                    assertThat(narrow(precision, (float) -middle)).isEqualTo((short) (even | 1 << 15));
                }
            }
        }
    }

    @Test
    void shouldTellTheFirstNumberThatIsTooLarge() {
        MemorySegment from = MemorySegment.ofArray(new float[] {1, Float.POSITIVE_INFINITY, 65519, -65520, 70000});
        MemorySegment to = arena.allocate(10);

        assertThat(Precision.FLOAT16.narrow(from, to, 5)).isEqualTo(3);
        assertThat(Precision.BFLOAT16.narrow(from, to, 5)).isEqualTo(-1);
        assertThat(Precision.BFLOAT16.narrow(MemorySegment.ofArray(new float[] {Float.MAX_VALUE}), to, 1)).isZero();
    }
}
