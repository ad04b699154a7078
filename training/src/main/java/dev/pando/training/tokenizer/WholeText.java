package dev.pando.training.tokenizer;

import java.util.List;

/// Leaves a text whole, as SentencePiece does.
final class WholeText implements PreTokenizer {
    @Override
    public void split(byte[] utf8, int from, int to, Sink sink) {
        if (from < to) {
            sink.accept(from, to);
        }
    }

    @Override
    public List<String> patterns() {
        return List.of();
    }
}
