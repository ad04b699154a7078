package dev.pando.actors.owner;

import dev.pando.actors.job.JobSpec;
import org.apache.pekko.actor.typed.ActorRef;

/// A job is led from this node from now on, told within the JVM on its event stream: whoever keeps something for the
/// job on the node that leads it begins.
///
/// @param owner watched by whoever wants to know when this is over
public record JobLed(JobSpec job, ActorRef<JobOwner.Command> owner) {}
