package dev.pando.chaos.simulation.engine;

/// What the engine asks of the world that it moves.
public interface World {
    /// Every message arrives at once, and nothing is recorded.
    World EMPTY =
            new World() {
                @Override
                public Node node(String path) {
                    return null;
                }

                @Override
                public Delivery send(Node from, String sender, Node to, String receiver, Object message) {
                    return new Delivery(message, 0);
                }

                @Override
                public void took(String path, Object message, Object behavior) {}
            };

    /// The node that an actor lives on; null for those that belong to none.
    ///
    /// @param path below the world's root, as in `node-2/worker-2-1/stage-job`
    Node node(String path);

    /// What becomes of a message.
    ///
    /// @return null if it is lost
    Delivery send(Node from, String sender, Node to, String receiver, Object message);

    /// An actor has taken a turn.
    ///
    /// @param message that it heard; null where it was none, but a signal
    /// @param behavior that it has now; null once it has stopped
    void took(String path, Object message, Object behavior);

    /// How the journal does that all nodes write.
    ///
    /// @param number of the call
    default Journal journal(long number) {
        return new Journal(0, false);
    }

    /// A page of a journal is written.
    default void wrote(Object entry) {}

    /// @param delayNs beyond what it takes usually
    record Journal(long delayNs, boolean fails) {}

    /// @param afterNs from now; messages of one actor to another keep their order whatever this says
    record Delivery(Object message, long afterNs) {}
}
