package dev.pando.collectives.memory;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Knows which of the processes that this node works with have ended, so that a thread that waits for one need not ask
/// the kernel himself. The transport's own thread asks.
public final class Obituaries {
    private final Set<ProcessId> watched = ConcurrentHashMap.newKeySet();
    private final Set<ProcessId> gone = ConcurrentHashMap.newKeySet();

    public void watch(ProcessId process) {
        watched.add(process);
    }

    public boolean isGone(ProcessId process) {
        return gone.contains(process);
    }

    public void look() {
        // the dead stay dead, so each is found once
        watched.removeIf(process -> process.isGone() && gone.add(process));
    }
}
