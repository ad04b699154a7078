package dev.pando.training.model;

/// How a model turns positions beyond those that it was trained on: the `rope_scaling` of a Hugging Face config, as
/// `transformers` computes it.
///
/// All kinds change the frequencies of the rotary embedding and nothing else. Without scaling these are `theta^(-2i/D)`
/// for i in [0, D/2).
public sealed interface RopeScaling {
    /// No scaling.
    record None() implements RopeScaling {
        @Override
        public double[] frequencies(int headSize, double theta, int length) {
            return unscaled(headSize, theta);
        }
    }

    /// Position interpolation: every frequency divided by the factor.
    record Linear(double factor) implements RopeScaling {
        public Linear {
            positive("factor", factor);
        }

        @Override
        public double[] frequencies(int headSize, double theta, int length) {
            double[] frequencies = unscaled(headSize, theta);
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factor;
            }
            return frequencies;
        }
    }

    /// Dynamic NTK (InternLM2 report, section 3.1): a larger base for sequences longer than the trained ones.
    ///
    ///     base' = base (factor length / positions - (factor - 1))^(D / (D - 2))
    ///
    /// @param positions for which the model was trained
    record Dynamic(double factor, int positions) implements RopeScaling {
        public Dynamic {
            positive("factor", factor);
            positive("original-positions", positions);
        }

        @Override
        public double[] frequencies(int headSize, double theta, int length) {
            double grown = factor * length / positions - (factor - 1);
            boolean isLonger = length > positions && headSize > 2;
            double base = isLonger ? theta * StrictMath.pow(grown, headSize / (headSize - 2.0)) : theta;
            return unscaled(headSize, base);
        }
    }

    /// Llama 3's: long waves are divided by the factor, short ones kept, those between blended.
    ///
    /// @param lowFactor waves longer than `positions / lowFactor` are long
    /// @param highFactor waves shorter than `positions / highFactor` are short
    /// @param positions for which the model was trained at first
    record Llama3(double factor, double lowFactor, double highFactor, int positions) implements RopeScaling {
        public Llama3 {
            positive("factor", factor);
            positive("low-frequency-factor", lowFactor);
            positive("original-positions", positions);
            if (!(highFactor > lowFactor)) {
                throw new IllegalArgumentException(
                        "rope-scaling.high-frequency-factor must be above low-frequency-factor, not " + highFactor);
            }
        }

        @Override
        public double[] frequencies(int headSize, double theta, int length) {
            double[] frequencies = unscaled(headSize, theta);
            for (int i = 0; i < frequencies.length; i++) {
                double waves = positions * frequencies[i] / (2 * Math.PI); // within the trained positions
                double kept = Math.clamp((waves - lowFactor) / (highFactor - lowFactor), 0, 1);
                frequencies[i] *= (1 - kept) / factor + kept;
            }
            return frequencies;
        }
    }

    /// No scaling.
    static RopeScaling none() {
        return new None();
    }

    /// The angle by which each pair of a head turns from one position to the next, in radians.
    ///
    /// @param headSize D
    /// @param theta base of the rotary embedding
    /// @param length of the whole sequence that is computed
    double[] frequencies(int headSize, double theta, int length);

    /// Whether the frequencies depend on how long a sequence is.
    default boolean followsLength() {
        return this instanceof Dynamic;
    }

    private static double[] unscaled(int headSize, double theta) {
        double[] frequencies = new double[headSize / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = StrictMath.pow(theta, -2.0 * i / headSize);
        }
        return frequencies;
    }

    private static void positive(String key, double value) {
        if (!(value > 0)) {
            throw new IllegalArgumentException("rope-scaling." + key + " must be above 0, not " + value);
        }
    }
}
