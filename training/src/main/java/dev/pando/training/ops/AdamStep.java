package dev.pando.training.ops;

/// The numbers of one AdamW update (Loshchilov and Hutter), the same for all elements that it covers.
///
/// With g the gradient times `gradientScale`:
///
///     w -= learningRate weightDecay w
///     m  = beta1 m + (1 - beta1) g
///     v  = beta2 v + (1 - beta2) g^2
///     w -= learningRate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// @param t number of this update, from 1
public record AdamStep(
        double learningRate,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        double gradientScale,
        long t) {
    public AdamStep {
        if (t < 1) {
            throw new IllegalArgumentException("updates count from 1, not from " + t);
        }
    }

    /// The same update with another decay.
    public AdamStep withWeightDecay(double decay) {
        return new AdamStep(learningRate, beta1, beta2, epsilon, decay, gradientScale, t);
    }

    /// `1 - beta1^t`.
    public double firstCorrection() {
        return 1 - StrictMath.pow(beta1, t);
    }

    /// `1 - beta2^t`.
    public double secondCorrection() {
        return 1 - StrictMath.pow(beta2, t);
    }
}
