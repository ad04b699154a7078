package dev.pando.training.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Pre-tokenizes as a tokenizer file of someone else says: by regular expressions, one after the other.
final class RegexSplitter implements PreTokenizer {
    /// What Hugging Face's `ByteLevel` does by itself, the pattern of GPT-2.
    static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private final List<Pattern> patterns;

    /// @throws java.util.regex.PatternSyntaxException for a pattern that Java does not understand
    RegexSplitter(List<String> patterns) {
        this.patterns =
                patterns.stream().map(pattern -> Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS)).toList();
    }

    @Override
    public List<String> patterns() {
        return patterns.stream().map(Pattern::pattern).toList();
    }

    @Override
    public void split(byte[] utf8, int from, int to, Sink sink) {
        split(0, new String(utf8, from, to - from, StandardCharsets.UTF_8), from, sink);
    }

    private void split(int level, String text, int at, Sink sink) {
        if (text.isEmpty()) {
            return;
        }
        if (level == patterns.size()) {
            sink.accept(at, at + bytes(text));
            return;
        }
        Matcher matcher = patterns.get(level).matcher(text);
        int done = 0;
        int offset = at;
        while (matcher.find()) {
            // what lies between two matches is a piece too
            for (int end : new int[] {matcher.start(), matcher.end()}) {
                String piece = text.substring(done, end);
                split(level + 1, piece, offset, sink);
                offset += bytes(piece);
                done = end;
            }
        }
        split(level + 1, text.substring(done), offset, sink);
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
