package dev.pando.collectives.sum;

/// Senders and receivers of numbers in one operation.
public enum Pattern {
    /// Everyone gives partial sums, everyone receives the sum.
    ALL_REDUCE(true, true),

    /// Everyone gives partial sums, and receives a slice of the sum.
    REDUCE_SCATTER(true, false),

    /// Everyone gives a slice, and receives all slices.
    ALL_GATHER(false, true),

    /// One gives, the others receive.
    BROADCAST(false, true),

    /// No member gives anything, but all wait for all.
    BARRIER(false, false);

    private final boolean reduces;
    private final boolean gathers;

    Pattern(boolean reduces, boolean gathers) {
        this.reduces = reduces;
        this.gathers = gathers;
    }

    /// @return null if there is no such
    static Pattern of(int ordinal) {
        return ordinal < values().length ? values()[ordinal] : null;
    }

    /// Whether partial sums are added.
    public boolean reduces() {
        return reduces;
    }

    /// Whether members receive each other's slices.
    public boolean gathers() {
        return gathers;
    }
}
