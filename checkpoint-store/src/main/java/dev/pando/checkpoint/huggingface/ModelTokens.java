package dev.pando.checkpoint.huggingface;

/// The tokens that config.json names: InternLM2 begins with 1, ends with 2 and pads with 2.
public record ModelTokens(int begin, int end, int pad) {
    public static final ModelTokens INTERNLM2 = new ModelTokens(1, 2, 2);
}
