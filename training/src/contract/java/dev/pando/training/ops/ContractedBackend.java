package dev.pando.training.ops;

import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Numbers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// A backend under test, a fresh one for each, and its spans as the numbers that the test knows.
public abstract class ContractedBackend {
    /// Sums of up to a few hundred float32 products of numbers near 1: some ten roundings of 6e-8 that matter.
    protected static final double SUMS = 2e-6;

    /// A few roundings of one element.
    static final double ELEMENTS = 5e-7;

    final Arena arena = Arena.ofShared();
    Ops ops;
    Memory memory;

    /// A backend, and the memory that it works in.
    public record Backend(Ops ops, Memory memory) {}

    /// @param arena that the memory may live in
    protected abstract Backend open(Arena arena);

    /// What the backend takes these operands of a matrix product for.
    protected double asOperand(double value) {
        return value;
    }

    /// How far attention may be off, where a backend rounds its probabilities.
    protected double attentionBound() {
        return SUMS;
    }

    /// Likewise its gradients: scores of up to 50 are off by 50 x 6e-8 before they become exponents.
    protected double attentionGradientBound() {
        return 1e-5;
    }

    @BeforeEach
    void openBackend() {
        Backend backend = open(arena);
        ops = backend.ops;
        memory = backend.memory;
    }

    @AfterEach
    void close() {
        if (ops != null) {
            ops.close();
        }
        arena.close();
    }

    /// The nearest bfloat16, ties to even.
    protected static double bfloat16(double value) {
        int bits = Float.floatToRawIntBits((float) value);
        return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
    }

    final double[] operands(double[] values) {
        return Arrays.stream(values).map(this::asOperand).toArray();
    }

    final MemorySegment span(double... values) {
        MemorySegment span = span(values.length);
        write(span, values);
        return span;
    }

    /// Zeros.
    final MemorySegment span(int elements) {
        return memory.allocate("test", elements * 4L);
    }

    final MemorySegment ints(int... values) {
        MemorySegment span = span(values.length);
        try (Arena host = Arena.ofConfined()) {
            ops.copy(Numbers.ints(host, values), span);
            ops.finish();
        }
        return span;
    }

    final void write(MemorySegment span, double[] values) {
        try (Arena host = Arena.ofConfined()) {
            ops.copy(Numbers.span(host, values), span);
            ops.finish();
        }
    }

    final double[] read(MemorySegment span, int elements) {
        try (Arena host = Arena.ofConfined()) {
            MemorySegment copy = Numbers.span(host, elements);
            ops.copy(span.asSlice(0, elements * 4L), copy);
            ops.finish();
            return Numbers.read(copy, elements);
        }
    }

    static MemorySegment slice(MemorySegment span, long from) {
        return span.asSlice(from * 4);
    }
}
