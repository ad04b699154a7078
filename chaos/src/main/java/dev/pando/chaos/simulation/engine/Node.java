package dev.pando.chaos.simulation.engine;

import java.util.ArrayDeque;
import java.util.Queue;

/// One process of the simulated world: it may stand still for a while, and it may die.
public final class Node {
    private enum Condition {
        UP,
        STILL,
        DEAD
    }

    private final String name;
    private final int number;
    private final Queue<Runnable> held = new ArrayDeque<>();
    private Condition condition = Condition.UP;

    /// @param number of the machine; a process that follows another on it has the same
    public Node(String name, int number) {
        this.name = name;
        this.number = number;
    }

    public String name() {
        return name;
    }

    public int number() {
        return number;
    }

    public boolean isUp() {
        return condition == Condition.UP;
    }

    public boolean isStill() {
        return condition == Condition.STILL;
    }

    public boolean isDead() {
        return condition == Condition.DEAD;
    }

    /// Whatever it would do from now on waits.
    public void pause() {
        if (isUp()) {
            condition = Condition.STILL;
        }
    }

    /// It goes on as if nothing had been: with what came in meanwhile.
    public void resume() {
        if (isStill()) {
            condition = Condition.UP;
            while (!held.isEmpty() && isUp()) {
                held.poll().run();
            }
        }
    }

    /// It does nothing any more. Its actors still have to end, and their watchers to receive the signal.
    public void die() {
        condition = Condition.DEAD;
        while (!held.isEmpty()) {
            held.poll().run();
        }
    }

    void hold(Runnable action) {
        held.add(action);
    }

    @Override
    public String toString() {
        return name;
    }
}
