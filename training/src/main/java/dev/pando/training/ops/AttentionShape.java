package dev.pando.training.ops;

/// The sizes that attention needs to know.
///
/// @param b B, rows
/// @param t T, positions of a row
/// @param heads H
/// @param kvHeads K; divides H
/// @param headSize D; even
public record AttentionShape(int b, int t, int heads, int kvHeads, int headSize) {
    public AttentionShape {
        if (b < 1 || t < 1 || heads < 1 || kvHeads < 1 || headSize < 2) {
            throw new IllegalArgumentException("attention needs sizes of at least 1, and heads of at least 2");
        }
        if (heads % kvHeads != 0 || headSize % 2 != 0) {
            throw new IllegalArgumentException(
                    heads
                            + " heads on "
                            + kvHeads
                            + " kv-heads of size "
                            + headSize
                            + ": no whole groups, or an odd size");
        }
    }

    /// N, positions of all rows.
    public int n() {
        return Math.multiplyExact(b, t);
    }

    /// C, width of all query heads.
    public int width() {
        return heads * headSize;
    }

    /// Query heads of a group.
    public int queries() {
        return heads / kvHeads;
    }

    /// Width of a group: its queries, its key, its value.
    public int groupWidth() {
        return (queries() + 2) * headSize;
    }

    /// Width of a row of fused queries, keys and values.
    public int qkvWidth() {
        return kvHeads * groupWidth();
    }
}
