package dev.pando.runtime.folder;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.actors.JobEvent.StepCommitted;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// One committed step, as a line of `steps.jsonl`.
///
/// @param step number of the step, from 0
/// @param loss mean over the step's counted positions, in nats
/// @param gradNorm before clipping
/// @param tokensPerSecond counted positions of the step over the time since the step before it
/// @param workers that took part
/// @param time of the commit
public record StepLine(
        long step,
        double loss,
        double gradNorm,
        double learningRate,
        double tokensPerSecond,
        int workers,
        long epoch,
        String time) {
    static StepLine of(StepCommitted step, Instant time) {
        double rate = step.seconds() > 0 ? step.tokens() / step.seconds() : 0;
        return new StepLine(
                step.step(),
                step.loss(),
                step.gradientNorm(),
                step.learningRate(),
                Math.rint(rate * 10) / 10,
                step.workers(),
                step.epoch(),
                time.toString());
    }

    public Instant instant() {
        return Instant.parse(time);
    }

    /// All lines of a run.
    public static List<StepLine> read(Path folder) {
        return Lines.read(folder.resolve(RunFolder.STEPS)).stream().map(StepLine::parse).toList();
    }

    private static StepLine parse(JsonNode line) {
        return Lines.JSON.convertValue(line, StepLine.class);
    }
}
