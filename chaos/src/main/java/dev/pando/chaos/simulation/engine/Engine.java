package dev.pando.chaos.simulation.engine;

import dev.pando.chaos.faults.Dice;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;
import org.apache.pekko.dispatch.Mailbox;

/// Runs a whole actor system on the calling thread: whose turn it is, the seed decides; time moves when no actor has
/// one.
///
/// A *turn* is one message of one mailbox. The order in which things are put in here decides nothing, except within one
/// mailbox: what a hash set of references walks in another order in another process has the same history.
public final class Engine {
    /// One turn, with the bits that decide when it comes.
    private record Turn(long key, long number, Runnable task, MailboxQueue queue) implements Comparable<Turn> {
        @Override
        public int compareTo(Turn other) {
            int byKey = Long.compare(key, other.key);
            return byKey != 0 ? byKey : Long.compare(number, other.number);
        }
    }

    private static final int TURN = 1;
    private static final int EVENT = 2;

    private final PriorityQueue<Turn> turns = new PriorityQueue<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private World world = World.EMPTY;
    private long seed;
    private long nowNs;
    private long numbered;
    private long taken;
    private long worlds;
    private Node currentNode;
    private String currentActor = "";
    private Task currentTask;

    /// Virtual nanoseconds since the engine was made.
    public long nowNs() {
        return nowNs;
    }

    /// Turns taken and events that happened so far: a measure of work that is the same on every machine.
    public long taken() {
        return taken;
    }

    /// From here on this seed decides, and this world is asked about messages.
    public void begin(long newSeed, World newWorld) {
        seed = newSeed;
        world = newWorld;
        nowNs = 0;
        worlds++;
    }

    /// Counts the worlds that this engine has moved.
    long worlds() {
        return worlds;
    }

    World world() {
        return world;
    }

    /// The node whose turn or event it is; none for what belongs to no node.
    public Node currentNode() {
        return currentNode;
    }

    /// Path of the actor whose turn it is, below the world's root; or the name of the device at work.
    public String currentActor() {
        return currentActor;
    }

    Task currentTask() {
        return currentTask;
    }

    /// Lets something happen after a while, as the doing of a node.
    ///
    /// @param address decides, with the seed, among events of the same moment
    public Event after(long delayNs, Node node, long address, Runnable action) {
        Event event =
                new Event(nowNs + Math.max(0, delayNs), node, Dice.bits(seed, EVENT, address), numbered++, action);
        events.add(event);
        return event;
    }

    /// Random bits at an address, decided by the seed.
    public long dice(long... address) {
        return Dice.bits(seed, address);
    }

    void turn(Runnable task) {
        if (task instanceof Mailbox mailbox && mailbox.messageQueue() instanceof MailboxQueue queue) {
            turns.add(new Turn(Dice.bits(seed, TURN, queue.address(), queue.nextTurn()), numbered++, mailbox, queue));
        } else {
            turns.add(new Turn(Long.MIN_VALUE, numbered++, task, null));
        }
    }

    /// Runs until the condition holds, nothing is left to do, or the time is over.
    ///
    /// @return whether the condition holds
    public boolean run(BooleanSupplier until, long deadlineNs, long mostTaken) {
        long last = taken + mostTaken;
        while (!until.getAsBoolean()) {
            Turn turn = turns.poll();
            if (turn != null) {
                take(turn);
                continue;
            }
            Event event = events.peek();
            if (event == null || event.atNs > deadlineNs || taken > last) {
                return false;
            }
            events.poll();
            if (!event.isCancelled()) {
                nowNs = Math.max(nowNs, event.atNs);
                happen(event);
            }
        }
        return true;
    }

    /// Takes all turns that there are; time stands still.
    public void settle() {
        for (Turn turn = turns.poll(); turn != null; turn = turns.poll()) {
            take(turn);
        }
    }

    /// Whatever was to happen does not.
    public void forgetEvents() {
        events.clear();
    }

    private void take(Turn turn) {
        MailboxQueue queue = turn.queue();
        Node node = queue == null ? null : queue.node();
        if (node != null && node.isStill()) {
            node.hold(() -> turns.add(turn));
            return;
        }
        taken++;
        currentNode = node;
        currentActor = queue == null ? "" : queue.path();
        turn.task().run();
        if (queue != null) {
            queue.tookTurn();
        }
        currentNode = null;
        currentActor = "";
    }

    private void happen(Event event) {
        Node node = event.node;
        if (node != null && node.isDead()) {
            return;
        }
        if (node != null && node.isStill()) {
            node.hold(() -> {
                if (!event.isCancelled()) {
                    happen(event);
                }
            });
            return;
        }
        taken++;
        Node before = currentNode;
        String actorBefore = currentActor;
        currentNode = node;
        event.action.run();
        currentNode = before;
        currentActor = actorBefore;
    }

    /// Runs a task's coroutine until it pauses.
    void step(Task task, Coroutine coroutine) {
        Task before = currentTask;
        String actorBefore = currentActor;
        currentTask = task;
        currentActor = task.name();
        try {
            coroutine.run();
        } finally {
            currentTask = before;
            currentActor = actorBefore;
        }
    }
}
