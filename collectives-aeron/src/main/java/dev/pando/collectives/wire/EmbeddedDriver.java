package dev.pando.collectives.wire;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/// A media driver inside this process, whose work is done by a separate thread, and by members that wait for what it
/// brings. With fewer cores than threads, a member that waits would else hold the core that the driver needs to end the
/// wait.
public final class EmbeddedDriver implements AutoCloseable {
    private static final long LATCH_PAUSE_NS = 10_000;
    private static final long LONGEST_PAUSE_NS = 2_000_000; // waking costs a training step more than it gains

    private final MediaDriver driver;
    private final Agent agent;
    private final AtomicBoolean busy = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean failed;

    public EmbeddedDriver(MediaDriver.Context context) {
        driver = MediaDriver.launch(context.threadingMode(ThreadingMode.INVOKER));
        // not its invoker, which would close the driver under a thread that is interrupted
        agent = driver.sharedAgentInvoker().agent();
        thread = Thread.ofPlatform().name("pando-media-driver").daemon().start(this::work);
    }

    public MediaDriver.Context context() {
        return driver.context();
    }

    public String directory() {
        return driver.aeronDirectoryName();
    }

    /// Whether its thread has ended by itself, and nothing is sent or received any more.
    public boolean hasFailed() {
        return failed;
    }

    /// Does one turn of the driver's work, unless another thread is at it.
    public void help() {
        if (!Thread.currentThread().isInterrupted()) { // files that it opens would be closed again
            turn();
        }
    }

    private int turn() {
        if (closed || !busy.compareAndSet(false, true)) {
            return 0;
        }
        try {
            return agent.doWork();
        } catch (Exception failure) {
            driver.context().errorHandler().onError(failure);
            return 0;
        } finally {
            busy.set(false);
        }
    }

    private void work() {
        IdleStrategy idle = new BackoffIdleStrategy(10, 20, 1_000, LONGEST_PAUSE_NS);
        try {
            while (!closed) {
                idle.idle(turn());
            }
        } catch (Error broken) {
            driver.context().errorHandler().onError(broken);
        } finally {
            failed = !closed;
        }
    }

    @Override
    public void close() {
        closed = true;
        LastWait.forEndOf(thread);
        for (long waited = 0; !busy.compareAndSet(false, true); waited += LATCH_PAUSE_NS) {
            if (waited > LastWait.PATIENCE.toNanos()) {
                throw LastWait.late("a member that helps " + thread.getName(), LastWait.PATIENCE);
            }
            LockSupport.parkNanos(LATCH_PAUSE_NS);
        }
        driver.close();
    }
}
