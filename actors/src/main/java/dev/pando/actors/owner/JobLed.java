package dev.pando.actors.owner;

import dev.pando.actors.job.JobSpec;
import org.apache.pekko.actor.typed.ActorRef;

/// A job is led from this node from now on, published within the JVM on its event stream: a keeper of something for the
/// job on the node that leads it begins.
///
/// @param owner watched by subscribers that must know when this is over
public record JobLed(JobSpec job, ActorRef<JobOwner.Command> owner) {}
