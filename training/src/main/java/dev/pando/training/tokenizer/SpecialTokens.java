package dev.pando.training.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Where the special tokens of a trained vocabulary lie: the names and the order of InternLM2's tokenizer.
///
/// ```
/// 0 <unk>   1 <s>   2 </s>   3..258 bytes   259.. merges   spare   the six of the chat format
/// ```
///
/// Spare tokens fill up to the size that was asked for, so a model's shape does not depend on its corpus.
final class SpecialTokens {
    static final String BOS = "<s>";
    static final String EOS = "</s>";
    static final String UNKNOWN = "<unk>";
    static final List<String> FIRST = List.of(UNKNOWN, BOS, EOS);
    static final List<String> LAST =
            List.of(
                    "<|plugin|>",
                    "<|interpreter|>",
                    "<|action_end|>",
                    "<|action_start|>",
                    "<|im_end|>",
                    "<|im_start|>");
    static final int FIRST_BYTE = FIRST.size();
    static final int FIRST_MERGE = FIRST_BYTE + 256;

    /// Size of a vocabulary without a single merge.
    static final int LEAST_VOCABULARY = FIRST_MERGE + LAST.size();

    private SpecialTokens() {}

    static String spare(int number) {
        return "[UNUSED_TOKEN_" + number + "]";
    }

    /// All special tokens of a vocabulary, and their place in its table.
    ///
    /// @param tokens of the whole vocabulary; bytes and merges are there, the others are null and get filled
    /// @param firstSpare where merges end
    static List<BpeModel.Added> placeIn(byte[][] tokens, int firstSpare) {
        List<BpeModel.Added> added = new ArrayList<>();
        for (int id = 0; id < tokens.length; id++) {
            if (tokens[id] == null) {
                int fromEnd = tokens.length - LAST.size();
                String name =
                        id < FIRST_BYTE
                                ? FIRST.get(id)
                                : id < fromEnd ? spare(id - firstSpare) : LAST.get(id - fromEnd);
                added.add(new BpeModel.Added(id, name, true));
                tokens[id] = name.getBytes(StandardCharsets.UTF_8);
            }
        }
        return added;
    }
}
