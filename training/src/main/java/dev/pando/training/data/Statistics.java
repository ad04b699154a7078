package dev.pando.training.data;

import java.util.List;

/// What a corpus came to.
///
/// @param documents files of text
/// @param bytes of text
/// @param tokens with the begin and the end of every document
/// @param skipped files without text
/// @param reused whether it had been prepared before
public record Statistics(long documents, long bytes, long tokens, List<Corpus.Skipped> skipped, boolean reused) {
    public Statistics {
        skipped = List.copyOf(skipped);
    }

    /// How well the tokenizer fits the text.
    public double bytesPerToken() {
        return (double) bytes / tokens;
    }
}
