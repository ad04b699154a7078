package dev.pando.evaluation.run;

/// Probability that one of k texts is right, of which n were written (Chen et al., Evaluating Large Language Models
/// Trained on Code, equation 1): unbiased, `1 - C(n - c, k) / C(n, k)`.
final class PassAtK {
    private PassAtK() {}

    /// @param n texts
    /// @param c right ones
    static double of(int n, int c, int k) {
        if (n - c < k) {
            return 1;
        }
        double wrong = 1;
        for (int i = n - c + 1; i <= n; i++) {
            wrong *= 1 - (double) k / i;
        }
        return 1 - wrong;
    }
}
