package dev.pando.actors.job;

/// Numbers epochs so that no two supervisors of a job ever open the same one, without coordination: the incarnation of
/// the supervisor, then its counter.
///
/// Of two epochs the one of the later incarnation is always the greater. A supervisor without an owner is incarnation
/// zero, and its epochs are plain numbers.
public final class Epoch {
    private static final int COUNTER_BITS = 24; // more epochs than any supervisor lives to open
    private static final long MOST_INCARNATIONS = 1L << 16;

    private Epoch() {}

    /// The epoch before the first that the incarnation opens; all epochs of earlier incarnations are below it.
    public static long beforeFirst(long incarnation) {
        if (incarnation < 0 || incarnation >= MOST_INCARNATIONS) {
            throw new IllegalArgumentException(
                    "a job's supervisor was started " + incarnation + " times; submit it under another name");
        }
        return incarnation << COUNTER_BITS;
    }

    public static long incarnation(long epoch) {
        return epoch >>> COUNTER_BITS;
    }

    /// For people: `2.7` is the seventh epoch of the second supervisor, `7` that of one without an owner.
    public static String text(long epoch) {
        long counter = epoch & (1L << COUNTER_BITS) - 1;
        return incarnation(epoch) == 0 ? Long.toString(counter) : incarnation(epoch) + "." + counter;
    }
}
