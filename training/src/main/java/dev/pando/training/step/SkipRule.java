package dev.pando.training.step;

import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/// Decides which steps are skipped since their data gives no numbers to learn from: by the job's config and its loss
/// history alone, and so the same on every run and every worker.
///
/// It decides before a step is applied, so that nothing ever has to be taken back.
///
/// @param spikeFactor a gradient norm above this multiple of the median of the last steps' is a spike; 0: no norm is
/// @param stepsInARow that are skipped at most; one more ends the job
public record SkipRule(double spikeFactor, int stepsInARow) {
    /// What a job has that does not say otherwise.
    public static final SkipRule DEFAULT = new SkipRule(100, 3);

    private static final int ENOUGH = 8; // norms to tell what is usual

    public SkipRule {
        if (!(spikeFactor == 0 || spikeFactor > 1 && Double.isFinite(spikeFactor))) {
            throw new IllegalArgumentException(
                    "spike-factor must be above 1, or 0 to take any finite gradient, not " + spikeFactor);
        }
        if (stepsInARow < 0 || stepsInARow >= LossHistory.REMEMBERED) {
            throw new IllegalArgumentException(
                    "steps-in-a-row must be between 0 and " + (LossHistory.REMEMBERED - 1) + ", not " + stepsInARow);
        }
    }

    /// What is wrong with a step's numbers, as in `its data gives …`; empty if nothing is.
    ///
    /// @param history of the steps before it
    /// @param total over all batch shards of the step
    public Optional<String> objection(LossHistory history, ShardLoss total, Examined examined) {
        if (!Double.isFinite(total.loss())) {
            return Optional.of("no finite loss");
        }
        if (!examined.isFinite()) {
            return Optional.of("no finite gradient norm");
        }
        OptionalDouble median = history.medianGradientNorm(ENOUGH);
        if (spikeFactor == 0 || median.isEmpty() || examined.gradientNorm() <= spikeFactor * median.getAsDouble()) {
            return Optional.empty();
        }
        return Optional.of(
                "a gradient norm of "
                        + examined.gradientNorm()
                        + ", more than "
                        + spikeFactor
                        + " times the median of the last steps, "
                        + median.getAsDouble());
    }

    /// Whether a step may be skipped that follows on these.
    public boolean maySkip(LossHistory history) {
        return history.skippedInARow() < stepsInARow;
    }

    /// Message for a step that may not be skipped.
    public String refusal(long step, String objection) {
        String before = stepsInARow == 0 ? "" : ", and of the steps before it " + stepsInARow + " were skipped";
        return String.format(
                Locale.ROOT,
                "step %d: its data gives %s, on every worker%s; look at the data, or lower the learning rate",
                step,
                objection,
                before);
    }
}
