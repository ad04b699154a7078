package dev.pando.collectives.wire;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a member has done since it joined, for metrics.
///
/// @param operations that ended as done
/// @param bytesSent payload written into log buffers; what neighbours read out of shared spans is not sent
/// @param staleFrames dropped because their epoch is over, or their group another
/// @param waitingNs in which the device thread had nothing to do but wait, by the member that it waited for
public record Counters(long operations, long bytesSent, long staleFrames, SortedMap<String, Long> waitingNs) {
    public Counters {
        waitingNs = Collections.unmodifiableSortedMap(new TreeMap<>(waitingNs));
    }
}
