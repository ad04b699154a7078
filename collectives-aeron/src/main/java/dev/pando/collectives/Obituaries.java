package dev.pando.collectives;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Knows which of the processes that this node works with have ended, so that whoever waits for one need not ask the
/// kernel himself. The transport's own thread asks.
final class Obituaries {
    private final Set<ProcessId> watched = ConcurrentHashMap.newKeySet();
    private final Map<ProcessId, Boolean> gone = new ConcurrentHashMap<>();

    void watch(ProcessId process) {
        watched.add(process);
    }

    boolean isGone(ProcessId process) {
        return gone.containsKey(process);
    }

    void look() {
        for (ProcessId process : watched) {
            if (process.isGone()) {
                gone.put(process, true);
                watched.remove(process); // the dead stay dead
            }
        }
    }
}
