package dev.pando.collectives;

/// What a member has done since it joined, for metrics.
///
/// @param operations that ended as done
/// @param bytesSent payload written into log buffers
/// @param staleFrames dropped because their epoch is over, or their group another
/// @param waitingNs in which the device thread had nothing to do but wait for others
public record Counters(long operations, long bytesSent, long staleFrames, long waitingNs) {}
