package dev.pando.chaos.simulation.engine;

import com.typesafe.config.Config;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/// The timers of a simulated system, on the engine's clock. Named in the system's config.
///
/// A timer belongs to the node that set it: it waits while that one stands still.
public final class EngineScheduler extends AbstractScheduler {
    private static final long TIMER = 0x71AE4;

    private final Engine engine;

    public EngineScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
        this.engine = SimulatedSystem.engineOf(config);
    }

    @Override
    public Cancellable scheduleOnce(FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
        Event event = engine.after(delay.toNanos(), engine.currentNode(), TIMER, runnable);
        return new Cancellable() {
            @Override
            public boolean cancel() {
                return event.cancel();
            }

            @Override
            public boolean isCancelled() {
                return event.isCancelled();
            }
        };
    }

    @Override
    @SuppressWarnings("deprecation") // abstract in the class that a scheduler in Java must extend
    public Cancellable schedule(
            FiniteDuration initialDelay, FiniteDuration interval, Runnable runnable, ExecutionContext executor) {
        return scheduleWithFixedDelay(initialDelay, interval, runnable, executor);
    }

    @Override
    public double maxFrequency() {
        return 1e9;
    }
}
