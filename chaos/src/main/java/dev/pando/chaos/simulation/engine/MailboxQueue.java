package dev.pando.chaos.simulation.engine;

import dev.pando.chaos.faults.Dice;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorRefWithCell;
import org.apache.pekko.actor.typed.internal.InterceptorImpl;
import org.apache.pekko.actor.typed.internal.adapter.ActorAdapter;
import org.apache.pekko.dispatch.Envelope;
import org.apache.pekko.dispatch.Mailbox;
import org.apache.pekko.dispatch.MessageQueue;
import org.apache.pekko.dispatch.UnboundedMessageQueueSemantics;

/// What waits for one actor. Every message of the simulated world passes through here, and so through its network.
final class MailboxQueue implements MessageQueue, UnboundedMessageQueueSemantics {
    private static final int ROOTS = 2; // `user`, and the world's own name, which differs from run to run

    private final Engine engine;
    private final ActorRef owner;
    private final ArrayDeque<Envelope> queue = new ArrayDeque<>();
    private final Map<String, Long> lastNs = new HashMap<>(); // when the last message of each sender arrives
    private final String path;
    private final long address;
    private final Node node;
    private long world;
    private long turns;
    private long sent;
    private Object heard;

    /// @param owner null for a mailbox without an actor
    MailboxQueue(Engine engine, ActorRef owner) {
        this.engine = engine;
        this.owner = owner;
        this.path = owner == null ? "" : pathOf(owner);
        this.address = hash(path);
        this.node = engine.world().node(path);
    }

    private static String pathOf(ActorRef owner) {
        StringBuilder path = new StringBuilder();
        int index = 0;
        var elements = owner.path().elements().iterator();
        while (elements.hasNext()) {
            String element = elements.next();
            if (index++ >= ROOTS) {
                path.append(path.isEmpty() ? "" : "/").append(element);
            }
        }
        if (!path.isEmpty()) {
            return path.toString();
        }
        String name = owner.path().name();
        return name.startsWith(SimulatedSystem.WORLD)
                ? SimulatedSystem.WORLD
                : name.replaceAll("-\\d+$", ""); // the system's own may carry numbers that count systems
    }

    private static long hash(String text) {
        long state = text.length();
        for (int i = 0; i < text.length(); i++) {
            state = state * 1_000_003 + text.charAt(i);
        }
        return Dice.bits(state);
    }

    String path() {
        return path;
    }

    long address() {
        return address;
    }

    Node node() {
        return node;
    }

    /// Numbers the turns of this world.
    long nextTurn() {
        if (world != engine.worlds()) { // an actor that serves one world after the other
            world = engine.worlds();
            turns = 0;
            sent = 0;
            lastNs.clear();
        }
        return turns++;
    }

    @Override
    public void enqueue(ActorRef receiver, Envelope envelope) {
        World.Delivery delivery =
                engine.world().send(engine.currentNode(), engine.currentActor(), node, path, envelope.message());
        if (delivery == null) {
            return;
        }
        Envelope sent = new Envelope(delivery.message(), envelope.sender());
        if (delivery.afterNs() <= 0) {
            queue.add(sent);
            return;
        }
        long afterLast = lastNs.getOrDefault(engine.currentActor(), 0L) + 1;
        long atNs = Math.max(engine.nowNs() + delivery.afterNs(), afterLast);
        lastNs.put(engine.currentActor(), atNs);
        // The message is on the wire: it arrives even if its sender is dead by then.
        engine.after(atNs - engine.nowNs(), null, address + this.sent++, () -> arrive(sent));
    }

    private void arrive(Envelope envelope) {
        if (node != null && node.isDead()) {
            return;
        }
        ActorCell cell = (ActorCell) ((ActorRefWithCell) owner).underlying();
        Mailbox mailbox = cell.mailbox();
        if (mailbox.messageQueue() == this) {
            queue.add(envelope);
            mailbox.dispatcher().registerForExecution(mailbox, true, false);
        }
    }

    @Override
    public Envelope dequeue() {
        if (node != null && node.isDead()) {
            queue.clear();
        }
        Envelope envelope = queue.poll();
        heard = envelope == null ? null : envelope.message();
        return envelope;
    }

    /// The turn is over: what has it done to the actor?
    void tookTurn() {
        Object message = heard;
        heard = null;
        Object behavior = null;
        if (owner instanceof ActorRefWithCell withCell
                && withCell.underlying() instanceof ActorCell cell
                && cell.actor() instanceof ActorAdapter<?> adapter) {
            behavior = adapter.currentBehavior();
            while (behavior instanceof InterceptorImpl<?, ?> wrapped) {
                behavior = wrapped.nestedBehavior();
            }
        }
        engine.world().took(path, message, behavior);
    }

    @Override
    public int numberOfMessages() {
        return queue.size();
    }

    @Override
    public boolean hasMessages() {
        return !queue.isEmpty();
    }

    @Override
    public void cleanUp(ActorRef given, MessageQueue deadLetters) {
        queue.clear();
    }
}
