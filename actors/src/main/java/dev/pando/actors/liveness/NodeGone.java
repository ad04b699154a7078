package dev.pando.actors.liveness;

import org.apache.pekko.actor.Address;

/// Hard evidence that a node's process has ended, told within the JVM on its event stream: work need not wait until the
/// cluster agrees.
///
/// @param evidence why we believe so, for people
public record NodeGone(Address address, String evidence) {}
