package dev.pando.collectives.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/// The first page of a member's span file: what it tells its neighbours without a message, each word in a cache line of
/// its own. One member writes, the others read.
///
/// The epoch word decides whether what was read from the spans counts: a reader looks at it again afterwards. The owner
/// changes it before it touches the spans again.
public final class ControlBlock {
    static final long BYTES = 4096;

    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();
    private static final long TOKEN = 0;
    private static final long EPOCH = 128;
    private static final long BEGUN = 256;
    private static final long REDUCED = 384;
    private static final long FINISHED = 512;
    private static final long LEFT = Long.MIN_VALUE;

    private final MemorySegment page;

    ControlBlock(MemorySegment page) {
        this.page = page;
    }

    /// A number that this member alone has, so that a file of the same name on another machine is not taken for its
    /// own.
    long token() {
        return (long) WORD.getAcquire(page, TOKEN);
    }

    void token(long token) {
        WORD.setRelease(page, TOKEN, token);
    }

    /// The epoch in which the member stands; `~epoch` after it has given that up; 0 before its first.
    public long epoch() {
        return (long) WORD.getAcquire(page, EPOCH);
    }

    public void epoch(long epoch) {
        WORD.setVolatile(page, EPOCH, epoch);
    }

    /// Gives the epoch up, unless a newer one has been entered.
    public void giveUp(long epoch) {
        WORD.compareAndSet(page, EPOCH, epoch, ~epoch);
    }

    public boolean hasLeft() {
        return epoch() == LEFT;
    }

    public void leave() {
        epoch(LEFT);
    }

    /// One number for an all-reduce, among all that a member takes part in.
    ///
    /// @param nth of the epoch
    public static long identify(long epoch, long nth) {
        return epoch << 32 | nth & 0xffff_ffffL;
    }

    public void begin(long allReduce) {
        WORD.setOpaque(page, REDUCED, 0L);
        WORD.setRelease(page, BEGUN, allReduce);
    }

    /// Windows of that all-reduce of which the member has reduced its slice.
    public long reduced(long allReduce) {
        return (long) WORD.getAcquire(page, BEGUN) == allReduce ? (long) WORD.getAcquire(page, REDUCED) : 0;
    }

    public void reduced(int windows) {
        WORD.setRelease(page, REDUCED, (long) windows);
    }

    /// Whether the member has read all that it needs from the others for that all-reduce. It says so until the next one
    /// that this reader takes part in is finished too, also when it has entered another epoch or has left meanwhile.
    public boolean hasFinished(long allReduce) {
        return (long) WORD.getAcquire(page, FINISHED) == allReduce;
    }

    public void finish(long allReduce) {
        WORD.setRelease(page, FINISHED, allReduce);
    }
}
