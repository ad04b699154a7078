package dev.pando.training.optimizer;

/// How weights follow gradients: AdamW with warm-up and a cosine (InternLM2 report, section 3.2.2 and table 3).
///
/// @param steps length of the schedule
/// @param peakLearningRate after warm-up
/// @param finalFraction the learning rate at the end, as a fraction of the peak
/// @param warmupSteps of linear rise
/// @param weightDecay decoupled; of matrices, and of norm weights too if `decayNorms`
/// @param maxGradientNorm the 2-norm that gradients are clipped to
public record Recipe(
        long steps,
        double peakLearningRate,
        double finalFraction,
        long warmupSteps,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        boolean decayNorms,
        double maxGradientNorm) {
    public Recipe {
        require(steps >= 1, "steps must be at least 1, not " + steps);
        require(peakLearningRate > 0, "peak-learning-rate must be above 0, not " + peakLearningRate);
        require(
                finalFraction >= 0 && finalFraction <= 1,
                "final-fraction must be between 0 and 1, not " + finalFraction);
        require(warmupSteps >= 0, "warmup-steps must be at least 0, not " + warmupSteps);
        require(beta1 >= 0 && beta1 < 1, "beta1 must be in [0, 1), not " + beta1);
        require(beta2 >= 0 && beta2 < 1, "beta2 must be in [0, 1), not " + beta2);
        require(epsilon > 0, "epsilon must be above 0, not " + epsilon);
        require(weightDecay >= 0, "weight-decay must be at least 0, not " + weightDecay);
        require(maxGradientNorm > 0, "max-gradient-norm must be above 0, not " + maxGradientNorm);
    }

    /// The learning rate of a step, counted from 0: linear to the peak, half a cosine down to the floor, then the
    /// floor.
    public double learningRate(long step) {
        if (step < warmupSteps) {
            return peakLearningRate * (step + 1) / warmupSteps;
        }
        double progress = Math.min(1.0, (double) (step - warmupSteps) / Math.max(1, steps - warmupSteps));
        double floor = peakLearningRate * finalFraction;
        return floor + 0.5 * (peakLearningRate - floor) * (1 + StrictMath.cos(Math.PI * progress));
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
