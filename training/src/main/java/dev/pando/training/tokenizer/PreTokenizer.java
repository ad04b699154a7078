package dev.pando.training.tokenizer;

import java.util.List;

/// Cuts text into pre-tokens, the pieces that no merge crosses.
///
/// Thread-safe. The pieces are all of the text, in order.
sealed interface PreTokenizer permits WordScanner, RegexSplitter, WholeText {
    /// Hands every pre-token of `utf8[from, to)` to the sink.
    void split(byte[] utf8, int from, int to, Sink sink);

    /// The regular expressions that say the same, applied one after the other.
    List<String> patterns();

    /// Receives bounds of pre-tokens.
    @FunctionalInterface
    interface Sink {
        void accept(int from, int to);
    }
}
