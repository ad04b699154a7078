package dev.pando.checkpoint.huggingface;

import dev.pando.checkpoint.format.Dtype;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.Optional;

/// How many bits of each weight a model directory keeps. Widening is exact; narrowing rounds to the nearest, ties to
/// even.
public enum Precision {
    FLOAT32(Dtype.F32),
    BFLOAT16(Dtype.BF16),
    FLOAT16(Dtype.F16);

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final Dtype dtype;

    Precision(Dtype dtype) {
        this.dtype = dtype;
    }

    Dtype dtype() {
        return dtype;
    }

    /// As PyTorch and config.json call it.
    String torchName() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<Precision> of(Dtype dtype) {
        for (Precision precision : values()) {
            if (precision.dtype == dtype) {
                return Optional.of(precision);
            }
        }
        return Optional.empty();
    }

    /// Converts packed float32 to packed numbers of this precision.
    ///
    /// @return number of the first element that is finite and becomes infinite, -1 without one
    long narrow(MemorySegment from, MemorySegment to, long elements) {
        if (this == FLOAT32) {
            MemorySegment.copy(from, 0, to, 0, elements * Float.BYTES);
            return -1;
        }
        long overflow = -1;
        for (long i = 0; i < elements; i++) {
            float value = from.get(FLOAT, i * Float.BYTES);
            short narrow = this == BFLOAT16 ? bfloat16(value) : Float.floatToFloat16(value);
            to.set(SHORT, i * Short.BYTES, narrow);
            if (overflow < 0 && Float.isFinite(value) && !Float.isFinite(widen(narrow))) {
                overflow = i;
            }
        }
        return overflow;
    }

    /// Converts packed numbers of this precision to packed float32.
    void widen(MemorySegment from, MemorySegment to, long elements) {
        if (this == FLOAT32) {
            MemorySegment.copy(from, 0, to, 0, elements * Float.BYTES);
            return;
        }
        for (long i = 0; i < elements; i++) {
            to.set(FLOAT, i * Float.BYTES, widen(from.get(SHORT, i * Short.BYTES)));
        }
    }

    private float widen(short bits) {
        return this == BFLOAT16 ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat(bits);
    }

    /// The upper half of a float32, rounded.
    static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40); // stays a NaN though its payload is cut
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
