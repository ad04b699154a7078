package dev.pando.training.model;

/// The shape of an InternLM2 model (InternLM2 report, section 2.2 and table 3).
///
/// @param vocabulary V, number of tokens
/// @param hidden C, width of the residual stream
/// @param layers L
/// @param heads H, query heads; divides `hidden`
/// @param kvHeads K, key and value heads; divides `heads`
/// @param intermediate width of the feed-forward layer
/// @param ropeTheta base of the rotary embedding
/// @param normEpsilon of RMSNorm
/// @param ropeScaling how positions beyond the trained ones turn
public record ModelConfig(
        int vocabulary,
        int hidden,
        int layers,
        int heads,
        int kvHeads,
        int intermediate,
        double ropeTheta,
        double normEpsilon,
        RopeScaling ropeScaling) {
    /// A model whose rotary embedding is not scaled.
    public ModelConfig(
            int vocabulary,
            int hidden,
            int layers,
            int heads,
            int kvHeads,
            int intermediate,
            double ropeTheta,
            double normEpsilon) {
        this(vocabulary, hidden, layers, heads, kvHeads, intermediate, ropeTheta, normEpsilon, RopeScaling.none());
    }

    public ModelConfig {
        positive("vocabulary", vocabulary);
        positive("hidden", hidden);
        positive("layers", layers);
        positive("heads", heads);
        positive("kv-heads", kvHeads);
        positive("intermediate", intermediate);
        require(hidden % heads == 0, "hidden (" + hidden + ") must be a multiple of heads (" + heads + ")");
        require(heads % kvHeads == 0, "heads (" + heads + ") must be a multiple of kv-heads (" + kvHeads + ")");
        require(
                hidden / heads % 2 == 0,
                "hidden / heads (" + hidden / heads + ") must be even: the rotary embedding turns pairs");
        require(ropeTheta > 1, "rope-theta must be above 1, not " + ropeTheta);
        require(normEpsilon > 0, "norm-epsilon must be above 0, not " + normEpsilon);
    }

    /// Size of a head.
    public int headSize() {
        return hidden / heads;
    }

    /// Frequencies of the rotary embedding for a sequence of that length; see [RopeScaling#frequencies].
    public double[] frequencies(int length) {
        return ropeScaling.frequencies(headSize(), ropeTheta, length);
    }

    /// Rows of the fused `wqkv`.
    public int qkvRows() {
        return (heads + 2 * kvHeads) * headSize();
    }

    private static void positive(String key, int value) {
        require(value > 0, key + " must be at least 1, not " + value);
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
