package dev.pando.chaos.simulation.world;

import dev.pando.chaos.simulation.engine.Engine;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/// The wall clock of a simulated machine: it may jump, and nothing but dates may follow it.
final class NodeClock extends Clock {
    private final Engine engine;
    private final ZoneId zone;
    private Duration ahead = Duration.ZERO;

    NodeClock(Engine engine) {
        this(engine, ZoneOffset.UTC);
    }

    private NodeClock(Engine engine, ZoneId zone) {
        this.engine = engine;
        this.zone = zone;
    }

    void jump(Duration duration) {
        ahead = ahead.plus(duration);
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(engine.nowNs()).plus(ahead);
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
        NodeClock same = new NodeClock(engine, other);
        same.jump(ahead);
        return same;
    }
}
