package dev.pando.chaos.simulation.world;

import dev.pando.chaos.injection.Patience;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Wait;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/// Takes its time on the engine's clock.
record VirtualPatience(Engine engine) implements Patience {
    private static final long A_MOMENT_NS = 10_000_000;

    @Override
    public long nanos() {
        return engine.nowNs();
    }

    @Override
    public void deaf(Duration duration) {
        Wait.sleep(engine, duration.toNanos());
    }

    @Override
    public void untilInterrupted() {
        Wait.here(engine).await();
    }

    @Override
    public boolean until(BooleanSupplier something, long patienceNs) {
        long endNs = engine.nowNs() + patienceNs;
        Wait wait = Wait.here(engine);
        while (!something.getAsBoolean() && engine.nowNs() < endNs && !wait.task().isInterrupted()) {
            Wait.sleep(engine, Math.min(A_MOMENT_NS, endNs - engine.nowNs()));
        }
        return something.getAsBoolean();
    }
}
