package dev.pando.training.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Pre-tokenizes as a tokenizer file from elsewhere says: by regular expressions, one after the other.
final class RegexSplitter implements PreTokenizer {
    /// What Hugging Face's `ByteLevel` does by itself, the pattern of GPT-2.
    static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private final List<String> sources;
    private final List<Pattern> patterns;

    /// @param sources expressions of Hugging Face's engine
    /// @throws Oniguruma.Untranslatable for one that cannot be had here with the same meaning
    RegexSplitter(List<String> sources) throws Oniguruma.Untranslatable {
        this.sources = List.copyOf(sources);
        List<Pattern> compiled = new ArrayList<>();
        for (String source : sources) {
            compiled.add(Oniguruma.compile(source));
        }
        patterns = List.copyOf(compiled);
    }

    @Override
    public List<String> patterns() {
        return sources;
    }

    @Override
    public void split(byte[] utf8, int from, int to, Sink sink) {
        split(0, new String(utf8, from, to - from, StandardCharsets.UTF_8), from, sink);
    }

    /// Whether an expression matches every character by itself, so that it leaves nothing between its matches.
    boolean matchesEverything(int number) {
        Matcher matcher = patterns.get(number).matcher("");
        return IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .allMatch(c -> matcher.reset(Character.toString(c)).matches());
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
            if (matcher.end() == matcher.start() && isWithinCharacter(text, matcher.end())) {
                continue;
            }
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

    private static boolean isWithinCharacter(String text, int at) {
        return at > 0 && at < text.length() && Character.isSurrogatePair(text.charAt(at - 1), text.charAt(at));
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
