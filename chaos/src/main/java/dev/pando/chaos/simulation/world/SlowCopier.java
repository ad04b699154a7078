package dev.pando.chaos.simulation.world;

import dev.pando.actors.job.DeviceThread;
import dev.pando.chaos.simulation.engine.Engine;
import dev.pando.chaos.simulation.engine.Task;
import dev.pando.chaos.simulation.engine.Wait;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;

/// The thread that copies a state while its device goes on: takes its time, sometimes longer than a step.
///
/// @param begun lets faults strike that wait for a copy
record SlowCopier(Engine engine, Task task, long address, Runnable begun) implements DeviceThread {
    private static final int COPY = 44;
    private static final long LONGEST_NS = 1_500_000_000L;

    @Override
    public <T> CompletionStage<T> submit(Callable<T> copy) {
        return task.submit(() -> {
            Wait.sleep(engine, Long.remainderUnsigned(engine.dice(COPY, address, engine.nowNs()), LONGEST_NS));
            begun.run();
            return copy.call();
        });
    }

    @Override
    public void submitLast(Runnable last) {
        task.submitLast(last);
    }

    @Override
    public void abandon() {
        task.abandon();
    }
}
