package dev.pando.chaos.simulation.engine;

import dev.pando.actors.job.DeviceThread;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/// The thread of a simulated device: runs blocking work on the engine's one thread, and stands still on its clock.
public final class Task implements DeviceThread {
    private static final long START_NS = 2_000;

    private final Engine engine;
    private final Node node;
    private final String name;
    private final long address;
    private final ArrayDeque<Runnable> work = new ArrayDeque<>();
    private final List<Runnable> farewells = new ArrayList<>();
    private boolean busy;
    private boolean abandoned;
    private Coroutine coroutine;
    private Runnable onInterrupt = () -> {};
    private long waits;

    /// @param node on which it is started
    public Task(Engine engine, Node node, String name) {
        this.engine = engine;
        this.node = node;
        this.name = name;
        this.address = name.hashCode();
    }

    String name() {
        return name;
    }

    public Node node() {
        return node;
    }

    /// Whether this thread's result is not wanted any more.
    public boolean isInterrupted() {
        return abandoned;
    }

    @Override
    public <T> CompletionStage<T> submit(Callable<T> task) {
        CompletableFuture<T> result = new CompletableFuture<>();
        work.add(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable failure) { // what a device throws becomes an actor's message, whatever its kind
                result.completeExceptionally(failure);
            }
        });
        serve();
        return result;
    }

    @Override
    public void submitLast(Runnable task) {
        boolean[] ran = new boolean[1];
        Runnable once =
                () -> {
                    if (!ran[0]) {
                        ran[0] = true;
                        task.run();
                    }
                };
        farewells.add(once);
        work.add(once);
        serve();
    }

    @Override
    public void abandon() {
        abandoned = true;
        onInterrupt.run();
        serve();
    }

    private void serve() {
        if (!busy) {
            busy = true;
            engine.after(
                    START_NS,
                    node,
                    address + waits++,
                    () -> {
                        coroutine = new Coroutine(this::work);
                        engine.step(this, coroutine);
                    });
        }
    }

    private void work() {
        while (!abandoned && !work.isEmpty()) {
            work.poll().run();
        }
        busy = false;
        if (abandoned) {
            work.clear();
            List.copyOf(farewells).forEach(Runnable::run);
            farewells.clear();
        }
    }

    /// Called on this thread: stands still until the wait is over.
    ///
    /// @param hears whether an interrupt ends it too
    void await(Wait wait, boolean hears) {
        if (engine.currentTask() != this) {
            throw new IllegalStateException(name + " waits on another thread");
        }
        if (hears && abandoned) {
            wait.end();
        }
        onInterrupt = hears ? wait::end : () -> {};
        while (!wait.isOver()) {
            Coroutine.pause();
        }
        onInterrupt = () -> {};
    }

    /// Lets a paused thread go on, now that its wait is over.
    void goOn() {
        engine.after(0, node, address + waits++, () -> engine.step(this, coroutine));
    }
}
