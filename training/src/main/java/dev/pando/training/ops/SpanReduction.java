package dev.pando.training.ops;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// What the parts of a span come to: their sums of squares, and digests of their bits. See [Ops#squaredNorms].
///
/// Tiles begin where a part begins, are fixed by its length alone, and are added in their order.
final class SpanReduction {
    private static final int TILE = 1 << 16;
    private static final int PRIME = 0x01000193;

    private final TileThreads threads;
    private final Scratch scratch;
    private final TileThreads.Work squares = this::squaresOfTile;
    private final TileThreads.Work digests = this::digestOfTile;

    private long span;
    private long partials;
    private long[] bounds;
    private int[] firstTiles; // of each part, then the number of all

    SpanReduction(TileThreads threads, Scratch scratch) {
        this.threads = threads;
        this.scratch = scratch;
    }

    double[] squaredNorms(long span, long[] bounds) {
        begin(span, bounds, squares);
        double[] sums = new double[bounds.length - 1];
        for (int part = 0; part < sums.length; part++) {
            for (int tile = firstTiles[part]; tile < firstTiles[part + 1]; tile++) {
                sums[part] += Native.getDouble(partials + tile * 8L);
            }
        }
        return sums;
    }

    long[] digests(long span, long[] bounds) {
        begin(span, bounds, digests);
        long[] all = new long[bounds.length - 1];
        for (int part = 0; part < all.length; part++) {
            all[part] = bounds[part + 1] - bounds[part];
            for (int tile = firstTiles[part]; tile < firstTiles[part + 1]; tile++) {
                all[part] = mix(all[part], Native.getLong(partials + tile * 8L));
            }
        }
        return all;
    }

    private void begin(long span, long[] bounds, TileThreads.Work work) {
        this.span = span;
        this.bounds = bounds;
        this.firstTiles = new int[bounds.length];
        for (int part = 0; part + 1 < bounds.length; part++) {
            firstTiles[part + 1] =
                    firstTiles[part] + Math.toIntExact(Math.ceilDiv(bounds[part + 1] - bounds[part], TILE));
        }
        int tiles = firstTiles[bounds.length - 1];
        this.partials = scratch.atLeast(tiles * 8L);
        threads.run(work, tiles);
    }

    private void squaresOfTile(int tile, int lane) {
        int part = part(tile);
        long from = from(tile, part);
        Native.putDouble(partials + tile * 8L, squaresLoop(span + from * 4, count(from, part)));
    }

    private void digestOfTile(int tile, int lane) {
        int part = part(tile);
        long from = from(tile, part);
        Native.putLong(partials + tile * 8L, digestLoop(span + from * 4, count(from, part)));
    }

    private int part(int tile) {
        int part = 0;
        while (firstTiles[part + 1] <= tile) {
            part++;
        }
        return part;
    }

    private long from(int tile, int part) {
        return bounds[part] + (long) (tile - firstTiles[part]) * TILE;
    }

    private int count(long from, int part) {
        return (int) Math.min(TILE, bounds[part + 1] - from);
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
