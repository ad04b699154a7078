package dev.pando.training.ops;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/// Shares the tiles of one operator among a bounded number of named threads, the caller being the first of them.
///
/// Which thread computes which tile is left to chance, so a tile's result must not depend on it. Threads spin briefly
/// between operators, then park. One caller at a time. Nothing is allocated by a run.
public final class TileThreads implements AutoCloseable {
    /// The tiles of one operator.
    public interface Work {
        /// Computes one tile.
        ///
        /// @param tile number of the tile
        /// @param lane number of the thread, for scratch memory; 0 is the caller
        void run(int tile, int lane);
    }

    private static final int SPINS = 2_000;
    private static final VarHandle TICKET;
    private static final VarHandle PENDING;
    private static final VarHandle PARKED = MethodHandles.arrayElementVarHandle(boolean[].class);

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            TICKET = lookup.findVarHandle(TileThreads.class, "ticket", long.class);
            PENDING = lookup.findVarHandle(TileThreads.class, "pending", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Thread[] helpers;
    private final boolean[] parked;
    private volatile Thread caller;
    private volatile boolean callerParked;
    private volatile boolean closed;

    // of the run in flight: written before the ticket, read after it
    private Work work;
    private int tiles;

    /// Upper half: number of the run. Lower half: tiles that no thread has taken yet.
    private volatile long ticket;

    /// Tiles that are not computed yet.
    private volatile int pending;

    private volatile Throwable failure;

    /// @param name what the threads are called, before their number
    /// @param threads the caller included
    public TileThreads(String name, int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        helpers = new Thread[threads - 1];
        parked = new boolean[threads];
        for (int i = 0; i < helpers.length; i++) {
            int lane = i + 1;
            helpers[i] = Thread.ofPlatform().name(name + "-lane-" + lane).daemon().unstarted(() -> help(lane));
        }
        for (Thread helper : helpers) {
            helper.start();
        }
    }

    /// Number of threads, the caller included.
    public int threads() {
        return helpers.length + 1;
    }

    /// Runs all tiles and returns when the last is computed. What a tile throws is thrown here, once all have ended.
    public void run(Work next, int count) {
        if (helpers.length == 0 || count <= 1) {
            for (int tile = 0; tile < count; tile++) {
                next.run(tile, 0);
            }
            return;
        }
        caller = Thread.currentThread();
        failure = null;
        work = next;
        tiles = count;
        pending = count;
        ticket = ((ticket >>> 32) + 1) << 32 | count;
        wake(Math.min(helpers.length, count - 1));
        take(0);
        awaitTiles();
        if (failure != null) {
            throw new IllegalStateException("a tile of " + next.getClass().getSimpleName() + " failed", failure);
        }
    }

    private void wake(int wanted) {
        for (int i = 0; i < wanted; i++) {
            if (isParked(i + 1)) {
                LockSupport.unpark(helpers[i]);
            }
        }
    }

    private void awaitTiles() {
        for (int spin = 0; pending != 0; spin++) {
            if (spin < SPINS) {
                Thread.onSpinWait();
            } else {
                callerParked = true;
                if (pending != 0) {
                    LockSupport.parkNanos(this, 1_000_000); // bounded: a lost wake-up costs a millisecond, not the run
                }
                callerParked = false;
            }
        }
    }

    /// Takes tiles of the current run until none is left.
    private void take(int lane) {
        while (true) {
            long now = ticket;
            int left = (int) now;
            if (left == 0) {
                return;
            }
            Work current = work;
            int tile = tiles - left;
            // if this succeeds the run of `now` still has tiles to take, so the caller has not begun to write the next
            // one,
            // and what was read above belongs to this run
            if (TICKET.compareAndSet(this, now, now - 1)) {
                try {
                    current.run(tile, lane);
                } catch (Throwable thrown) {
                    failure = thrown;
                }
                if ((int) PENDING.getAndAdd(this, -1) == 1 && callerParked) {
                    LockSupport.unpark(caller);
                }
            }
        }
    }

    private void help(int lane) {
        long seen = 0;
        while (!closed) {
            long run = awaitRun(seen, lane);
            if (run != seen) {
                seen = run;
                take(lane);
            }
        }
    }

    private long awaitRun(long seen, int lane) {
        for (int spin = 0; spin < SPINS; spin++) {
            long run = ticket >>> 32;
            if (run != seen || closed) {
                return run;
            }
            Thread.onSpinWait();
        }
        setParked(lane, true);
        if (ticket >>> 32 == seen && !closed) {
            LockSupport.park(this);
        }
        setParked(lane, false);
        return ticket >>> 32;
    }

    private boolean isParked(int lane) {
        return (boolean) PARKED.getVolatile(parked, lane);
    }

    private void setParked(int lane, boolean value) {
        PARKED.setVolatile(parked, lane, value);
    }

    @Override
    public void close() {
        closed = true;
        for (Thread helper : helpers) {
            LockSupport.unpark(helper);
        }
    }
}
