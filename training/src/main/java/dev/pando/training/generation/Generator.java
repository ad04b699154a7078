package dev.pando.training.generation;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/// Lets a model go on with a text, token by token, keeping keys and values of what came before.
///
/// Takes and gives token ids; text is the tokenizer's affair. A prompt that begins like the one before costs only its
/// end, and gives the same text as it would alone. Not thread-safe.
public final class Generator {
    private final CachedForward forward;
    private final TokenPicker picker;
    private final MemorySegment logits;

    /// @param weights a span of the model's whole table, see [ModelTensors#table]; read only
    /// @param context positions that prompt and text together may have
    public Generator(ModelConfig model, MemorySegment weights, int context, Ops ops, Memory memory) {
        this.forward = new CachedForward(model, weights, context, ops, memory);
        this.picker = new TokenPicker(model.vocabulary());
        this.logits = CachedForward.floats(memory, "logits", 1, model.vocabulary());
    }

    /// Goes on with a prompt.
    ///
    /// @param most tokens to generate, unless a stop comes before
    /// @param each receives every token as soon as it is there
    /// @return the tokens after the prompt
    public int[] generate(int[] prompt, int most, Sampling sampling, IntConsumer each) {
        return generateWhile(
                prompt,
                most,
                sampling,
                token -> {
                    each.accept(token);
                    return true;
                });
    }

    /// Goes on with a prompt for as long as the caller wants.
    ///
    /// @param more receives every token as soon as it is there; answers whether another one is wanted
    /// @return the tokens after the prompt
    public int[] generateWhile(int[] prompt, int most, Sampling sampling, IntPredicate more) {
        check(prompt, most);
        int[] text = new int[most];
        read(prompt);
        for (int count = 0; count < most; count++) {
            int next = picker.pick(logits, sampling, count);
            if (sampling.stops().contains(next)) {
                return Arrays.copyOf(text, count);
            }
            text[count] = next;
            if (!more.test(next)) {
                return Arrays.copyOf(text, count + 1);
            }
            if (count + 1 < most) {
                forward.one(next, prompt.length + count);
                forward.head(0, 1, logits);
            }
        }
        return text;
    }

    /// Leaves the logits after the prompt's last token.
    private void read(int[] prompt) {
        int last = (prompt.length - 1) / CachedForward.CHUNK;
        int first = Math.min(last, forward.common(prompt, prompt.length) / CachedForward.CHUNK);
        for (int chunk = first; chunk <= last; chunk++) {
            forward.chunk(prompt, prompt.length, chunk);
        }
        forward.hold(prompt, prompt.length);
        forward.head((prompt.length - 1) % CachedForward.CHUNK, 1, logits);
    }

    private void check(int[] prompt, int most) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("a prompt needs at least one token: a begin-of-text token will do");
        }
        if ((long) prompt.length + most > forward.context()) {
            throw new IllegalArgumentException(
                    "a prompt of "
                            + prompt.length
                            + " tokens and "
                            + most
                            + " new ones do not fit into a context of "
                            + forward.context());
        }
    }
}
