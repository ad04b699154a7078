package dev.pando.runtime.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.actors.job.JobEvent.StepCommitted;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// One committed step, as a line of `steps.jsonl`.
///
/// @param step number of the step, from 0
/// @param loss mean over the step's counted positions, in nats; NaN, which is null in the file, where the step was
///   skipped
/// @param gradNorm before clipping; as the loss
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
    /// Whether nothing was learned in this step.
    public boolean wasSkipped() {
        return Double.isNaN(loss);
    }

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
        ObjectNode whole = line.deepCopy();
        for (String number : List.of("loss", "grad_norm")) {
            if (whole.path(number).isNull()) {
                whole.put(number, Double.NaN);
            }
        }
        return Lines.JSON.convertValue(whole, StepLine.class);
    }
}
