package dev.pando.training.ops;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// float32 with the lower half of its bits left away. See [Ops#narrow].
final class Bfloat16 {
    private static final int TILE = 1 << 14;
    private static final VectorSpecies<Short> HALF =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Floats.SPECIES.vectorBitSize() / 2));
    private static final VectorSpecies<Integer> INTS = Floats.SPECIES.withLanes(int.class).check(int.class);
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int UPPER = 0xFFFF0000;
    private static final int QUIET = 0x00400000; // of a NaN, which must not become infinity
    private static final int ALL_BUT_SIGN = 0x7FFFFFFF;
    private static final int INFINITY = 0x7F800000;

    private final TileThreads threads;
    private final TileThreads.Work narrowing = this::narrowTile;
    private final TileThreads.Work widening = this::widenTile;
    private long wide;
    private long narrow;
    private long elements;

    Bfloat16(TileThreads threads) {
        this.threads = threads;
    }

    void narrow(long x, long into, long elements) {
        set(x, into, elements);
        threads.run(narrowing, (int) Math.ceilDiv(elements, TILE));
    }

    void widen(long from, long x, long elements) {
        set(x, from, elements);
        threads.run(widening, (int) Math.ceilDiv(elements, TILE));
    }

    private void narrowTile(int tile, int lane) {
        long from = (long) tile * TILE;
        int count = (int) Math.min(TILE, elements - from);
        int whole = (int) Floats.whole(count);
        narrowLoop(wide + from * 4, narrow + from * 2, whole);
        for (long i = from + whole; i < from + count; i++) {
            int rounded = rounded(Native.getInt(wide + i * 4));
            Native.put(wide + i * 4, Float.intBitsToFloat(rounded));
            Native.putShort(narrow + i * 2, (short) (rounded >>> 16));
        }
    }

    private void widenTile(int tile, int lane) {
        long from = (long) tile * TILE;
        int count = (int) Math.min(TILE, elements - from);
        int whole = (int) Floats.whole(count);
        widenLoop(narrow + from * 2, wide + from * 4, whole);
        for (long i = from + whole; i < from + count; i++) {
            Native.put(wide + i * 4, Float.intBitsToFloat(Native.getShort(narrow + i * 2) << 16));
        }
    }

    private static void narrowLoop(long x, long into, int count) {
        for (int i = 0; i < count; i += Floats.LANES) {
            IntVector bits = Floats.load(x + i * 4L).reinterpretAsInts();
            IntVector odd = bits.lanewise(VectorOperators.LSHR, 16).and(1);
            IntVector rounded = bits.add(odd).add(0x7FFF);
            IntVector kept =
                    rounded.blend(bits.or(QUIET), bits.and(ALL_BUT_SIGN).compare(VectorOperators.GT, INFINITY));
            Floats.store(kept.and(UPPER).reinterpretAsFloats(), x + i * 4L);
            ShortVector upper =
                    (ShortVector) kept.lanewise(VectorOperators.LSHR, 16).convertShape(VectorOperators.I2S, HALF, 0);
            upper.intoMemorySegment(Native.ALL, into + i * 2L, ORDER);
        }
    }

    private static void widenLoop(long from, long x, int count) {
        for (int i = 0; i < count; i += Floats.LANES) {
            IntVector bits =
                    (IntVector)
                            ShortVector.fromMemorySegment(HALF, Native.ALL, from + i * 2L, ORDER)
                                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
            FloatVector wide = bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
            Floats.store(wide, x + i * 4L);
        }
    }

    private static int rounded(int bits) {
        boolean nan = (bits & ALL_BUT_SIGN) > INFINITY;
        return (nan ? bits | QUIET : bits + 0x7FFF + ((bits >>> 16) & 1)) & UPPER;
    }

    private void set(long wide, long narrow, long elements) {
        this.wide = wide;
        this.narrow = narrow;
        this.elements = elements;
    }
}
