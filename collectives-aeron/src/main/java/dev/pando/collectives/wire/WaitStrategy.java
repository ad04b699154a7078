package dev.pando.collectives.wire;

import dev.pando.training.step.Collective.Deadline;
import java.util.concurrent.locks.LockSupport;

/// Waits for others without starving them: spins while cores are free, then yields, then parks very briefly.
public final class WaitStrategy {
    private static final int SPINS = 400;
    private static final int WORKING_SPINS = 32;
    private static final int YIELDS = 4_000;
    private static final long PARK_NS = 50_000;
    private static final long SLOW_NS = 1_000_000;
    private static final long STUCK_NS = 50_000_000;
    private static final int LOOK_EVERY = 64;

    private long beganNs;
    private long patienceNs;
    private int spins;
    private int idles;
    private boolean extended;
    private long idleSinceNs;

    /// @param neighbours members that run on this machine, this one included
    /// @param worksMeanwhile whether the caller does something useful between two calls of [#idle()], which takes
    ///   longer than a spin
    public void begin(Deadline deadline, int neighbours, boolean worksMeanwhile) {
        beganNs = System.nanoTime();
        patienceNs = deadline.patienceNs();
        spins = neighbours > Runtime.getRuntime().availableProcessors() ? 0 : worksMeanwhile ? WORKING_SPINS : SPINS;
        idles = 0;
        extended = false;
    }

    /// Something has moved.
    ///
    /// @return for how long nothing had, in nanoseconds; 0 if that is not worth counting
    public long progressed() {
        long waited = idles >= LOOK_EVERY ? System.nanoTime() - idleSinceNs : 0;
        idles = 0;
        extended = false;
        return waited;
    }

    /// Lets time pass.
    ///
    /// @return whether it is time to look whether waiting is still worth it
    public boolean idle() {
        idles++;
        if (idles == LOOK_EVERY) {
            idleSinceNs = System.nanoTime();
        }
        if (idles <= spins) {
            Thread.onSpinWait();
            return idles % LOOK_EVERY == 0;
        }
        if (idles <= spins + YIELDS) {
            Thread.yield();
            return idles % LOOK_EVERY == 0;
        }
        idles--; // stay in this state
        LockSupport.parkNanos(PARK_NS);
        return true;
    }

    /// Whether nothing has moved for longer than a network within a building takes.
    public boolean isSlow() {
        return idles >= LOOK_EVERY && System.nanoTime() - idleSinceNs >= SLOW_NS;
    }

    /// Whether nothing has moved for so long that something may have gone wrong.
    public boolean isStuck() {
        return idles >= LOOK_EVERY && System.nanoTime() - idleSinceNs >= STUCK_NS;
    }

    public boolean isOver() {
        return System.nanoTime() - beganNs >= patienceNs;
    }

    /// Extends it, once until something moves.
    ///
    /// @return whether it was extended already
    public boolean wasExtended() {
        boolean already = extended;
        extended = true;
        return already;
    }
}
