package dev.pando.collectives.wire;

import dev.pando.collectives.memory.Obituaries;
import io.aeron.Aeron;

/// What a [Peer] needs of this node's transport: the ways to inboxes, and what is known of their owners.
public interface Links {
    /// Identity of this node's host.
    String host();

    /// Streams to each member on another host.
    int lanes();

    /// The client of this node's own driver.
    Aeron home();

    /// Whether the driver at which that inbox lives can be reached through memory.
    boolean sees(Address address);

    /// The client of the driver at which that inbox lives, or null if that has gone.
    Aeron clientOf(Address address);

    /// How datagrams get to an inbox on another host.
    String channelTo(String member, Address address);

    /// Processes that are watched, and those that have ended.
    Obituaries obituaries();

    /// Whether a member of this JVM is open.
    boolean isOpen(String address);
}
