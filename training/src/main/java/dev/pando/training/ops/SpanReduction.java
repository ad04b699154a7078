package dev.pando.training.ops;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// What a whole span comes to: its sum of squares, and a digest of its bits. See [Ops#squaredNorm].
///
/// Tiles are fixed by the length alone, and added in their order.
final class SpanReduction {
    private static final int TILE = 1 << 16;
    private static final int PRIME = 0x01000193;

    private final Lanes lanes;
    private final Scratch scratch;
    private final Lanes.Work squares = this::squaresOfTile;
    private final Lanes.Work digests = this::digestOfTile;

    private long span;
    private long partials;
    private long elements;

    SpanReduction(Lanes lanes, Scratch scratch) {
        this.lanes = lanes;
        this.scratch = scratch;
    }

    double squaredNorm(long span, long elements) {
        int tiles = begin(span, elements);
        lanes.run(squares, tiles);
        double sum = 0;
        for (int tile = 0; tile < tiles; tile++) {
            sum += Native.getDouble(partials + tile * 8L);
        }
        return sum;
    }

    long digest(long span, long elements) {
        int tiles = begin(span, elements);
        lanes.run(digests, tiles);
        long digest = elements;
        for (int tile = 0; tile < tiles; tile++) {
            digest = mix(digest, Native.getLong(partials + tile * 8L));
        }
        return digest;
    }

    private int begin(long span, long elements) {
        int tiles = (int) Math.ceilDiv(elements, TILE);
        this.span = span;
        this.elements = elements;
        this.partials = scratch.atLeast(tiles * 8L);
        return tiles;
    }

    private void squaresOfTile(int tile, int lane) {
        long from = (long) tile * TILE;
        Native.putDouble(partials + tile * 8L, squaresLoop(span + from * 4, (int) Math.min(TILE, elements - from)));
    }

    private void digestOfTile(int tile, int lane) {
        long from = (long) tile * TILE;
        Native.putLong(partials + tile * 8L, digestLoop(span + from * 4, (int) Math.min(TILE, elements - from)));
    }

    private static double squaresLoop(long x, int count) {
        int whole = (int) Floats.whole(count);
        DoubleVector low = DoubleVector.zero(DoubleVector.SPECIES_PREFERRED);
        DoubleVector high = DoubleVector.zero(DoubleVector.SPECIES_PREFERRED);
        for (int i = 0; i < whole; i += Floats.LANES) {
            FloatVector v = Floats.load(x + i * 4L);
            DoubleVector a = (DoubleVector) v.convert(VectorOperators.F2D, 0);
            DoubleVector b = (DoubleVector) v.convert(VectorOperators.F2D, 1);
            low = a.fma(a, low);
            high = b.fma(b, high);
        }
        DoubleVector both = low.add(high);
        double sum = 0;
        for (int lane = 0; lane < both.length(); lane++) {
            sum += both.lane(lane);
        }
        for (int i = whole; i < count; i++) {
            double a = Native.get(x + i * 4L);
            sum += a * a;
        }
        return sum;
    }

    private static long digestLoop(long x, int count) {
        int whole = (int) Floats.whole(count);
        IntVector state = IntVector.broadcast(IntVector.SPECIES_PREFERRED, count);
        for (int i = 0; i < whole; i += Floats.LANES) {
            state = state.mul(PRIME).add(Floats.load(x + i * 4L).reinterpretAsInts());
        }
        long digest = count;
        for (int lane = 0; lane < state.length(); lane++) {
            digest = mix(digest, state.lane(lane));
        }
        for (int i = whole; i < count; i++) {
            digest = mix(digest, Native.getInt(x + i * 4L));
        }
        return digest;
    }

    /// The finaliser of SplitMix64 over a chain.
    private static long mix(long chain, long next) {
        long z = (chain ^ next) + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
