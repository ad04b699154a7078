package dev.pando.actors.stage;

import dev.pando.actors.checkpoint.CheckpointWriter;
import org.apache.pekko.actor.typed.ActorRef;

/// The supervisor whose orders count, and where it receives reports.
///
/// @param incarnation of the supervisor, never less than that of the one before
/// @param checkpoints where the checkpoint writer reports
public record Leader(long incarnation, ActorRef<StageReport> stages, ActorRef<CheckpointWriter.Report> checkpoints) {}
