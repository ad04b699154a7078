package dev.pando.collectives.memory;

/// How numbers lie in the spans of an operation, and so how they travel. They are always added as float32.
public enum Format {
    FLOAT32(4),

    /// The upper half of a float32: half the bytes on every way. Partial sums in it are those of single batch shards
    /// alone, and the result is rounded once, to nearest, ties to even; so its bits do not depend on who holds what.
    BFLOAT16(2);

    private final int bytes;

    Format(int bytes) {
        this.bytes = bytes;
    }

    /// @return null if there is no such
    public static Format of(int ordinal) {
        return ordinal < values().length ? values()[ordinal] : null;
    }

    /// Bytes of one number.
    public int bytes() {
        return bytes;
    }
}
