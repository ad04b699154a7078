package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.run.Question.Pair;
import dev.pando.training.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Turns texts into tokens as lm-evaluation-harness does, so that likelihoods are those of its requests.
///
/// One begin-of-text token stands first. Context and continuation are encoded together, and cut where the context alone
/// would end; white space at the end of the context belongs to the continuation. What is too long loses its beginning.
final class Encoding {
    private final Tokenizer tokenizer;
    private final int context;

    /// @param from the first token of what is asked for
    record Encoded(int[] tokens, int from) {
        int asked() {
            return tokens.length - from;
        }
    }

    Encoding(LanguageModel model) {
        this.tokenizer = model.tokenizer();
        this.context = model.context();
    }

    Encoded pair(Pair pair) {
        int end = pair.context().length();
        while (end > 0 && isSpace(pair.context().charAt(end - 1))) {
            end--;
        }
        String before = pair.context().substring(0, end);
        String whole = pair.context() + pair.continuation();
        int from = 1 + tokenizer.encode(before).length;
        int[] tokens = begun(whole);
        if (from >= tokens.length) {
            throw new EvaluationException("the continuation \"" + pair.continuation() + "\" adds no token");
        }
        int most = context + 1; // the last one is only predicted
        if (tokens.length - from > context) {
            throw new EvaluationException(
                    "a continuation of "
                            + (tokens.length - from)
                            + " tokens does not fit into a context of "
                            + context);
        }
        int cut = Math.max(0, tokens.length - most);
        return new Encoded(Arrays.copyOfRange(tokens, cut, tokens.length), from - cut);
    }

    /// A text as windows that follow each other: each token is asked for once, and behind as many as there are.
    List<Encoded> windows(String text) {
        int[] tokens = begun(text);
        List<Encoded> windows = new ArrayList<>();
        for (int asked = 1; asked < tokens.length; ) {
            int end = Math.min(tokens.length, asked + context);
            int begin = Math.max(0, end - 1 - context);
            windows.add(new Encoded(Arrays.copyOfRange(tokens, begin, end), asked - begin));
            asked = end;
        }
        return windows;
    }

    /// A prompt that is to be continued.
    ///
    /// @param most tokens that will follow
    int[] prompt(String text, int most) {
        return fitting(begun(text), most);
    }

    /// A conversation in ChatML up to where the assistant speaks.
    ///
    /// @param turns what is said, first by the person, then in turn
    int[] chat(String system, List<String> turns, int most) {
        IntStream.Builder ids = IntStream.builder();
        ids.add(tokenizer.bos());
        if (!system.isEmpty()) {
            turn(ids, "system", system);
        }
        for (int i = 0; i < turns.size(); i++) {
            turn(ids, i % 2 == 0 ? "user" : "assistant", turns.get(i));
        }
        ids.add(tokenizer.special("<|im_start|>"));
        add(ids, "assistant\n");
        return fitting(ids.build().toArray(), most);
    }

    private void turn(IntStream.Builder ids, String role, String text) {
        ids.add(tokenizer.special("<|im_start|>"));
        add(ids, role + "\n" + text);
        ids.add(tokenizer.special("<|im_end|>"));
        add(ids, "\n");
    }

    private void add(IntStream.Builder ids, String text) {
        for (int id : tokenizer.encode(text)) {
            ids.add(id);
        }
    }

    private int[] begun(String text) {
        int[] words = tokenizer.encode(text);
        int[] tokens = new int[words.length + 1];
        tokens[0] = tokenizer.bos();
        System.arraycopy(words, 0, tokens, 1, words.length);
        return tokens;
    }

    private int[] fitting(int[] tokens, int most) {
        int room = context - most;
        if (room < 1) {
            throw new EvaluationException("no prompt fits before " + most + " new tokens into a context of " + context);
        }
        return tokens.length <= room ? tokens : Arrays.copyOfRange(tokens, tokens.length - room, tokens.length);
    }

    /// White space as Python's `str.rstrip` sees it.
    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }
}
