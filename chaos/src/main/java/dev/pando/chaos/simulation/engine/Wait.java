package dev.pando.chaos.simulation.engine;

/// Something that a simulated thread waits for.
public final class Wait {
    private final Engine engine;
    private final Task task;
    private boolean over;
    private boolean paused;

    private Wait(Engine engine, Task task) {
        this.engine = engine;
        this.task = task;
    }

    /// A wait of the thread that is running.
    public static Wait here(Engine engine) {
        return new Wait(engine, engine.currentTask());
    }

    public Task task() {
        return task;
    }

    /// Stands still until [#end], or until the thread is interrupted.
    public void await() {
        paused = true;
        task.await(this, true);
    }

    /// Stands still for so long, deaf to everything.
    public static void sleep(Engine engine, long durationNs) {
        Wait wait = here(engine);
        if (wait.task == null) {
            return; // outside simulated threads there is no wait
        }
        engine.after(durationNs, wait.task.node(), engine.dice(durationNs), wait::end);
        wait.paused = true;
        wait.task.await(wait, false);
    }

    /// The wait is over.
    public void end() {
        if (!over) {
            over = true;
            if (paused && engine.currentTask() != task) {
                task.goOn();
            }
        }
    }

    public boolean isOver() {
        return over;
    }
}
