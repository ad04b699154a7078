package dev.pando.chaos.simulation.engine;

/// Something that happens at a moment of virtual time, unless it is cancelled.
public final class Event implements Comparable<Event> {
    final long atNs;
    final Node node;
    final Runnable action;
    private final long key;
    private final long number;
    private boolean cancelled;

    /// @param node whose doing it is: it waits while that one stands still, and never happens once it is dead
    /// @param key decides, by the seed, among events of the same moment
    Event(long atNs, Node node, long key, long number, Runnable action) {
        this.atNs = atNs;
        this.node = node;
        this.key = key;
        this.number = number;
        this.action = action;
    }

    /// @return whether it would have happened otherwise
    public boolean cancel() {
        boolean first = !cancelled;
        cancelled = true;
        return first;
    }

    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public int compareTo(Event other) {
        int byTime = Long.compare(atNs, other.atNs);
        int byKey = byTime != 0 ? byTime : Long.compare(key, other.key);
        return byKey != 0 ? byKey : Long.compare(number, other.number);
    }
}
