package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hankcs.algorithm.AhoCorasickDoubleArrayTrie;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/// Removes documents with more of the listed words and phrases than allowed. All are looked for in one pass.
///
/// Case does not count. A word of letters that are separated from others counts where it stands alone; one with an
/// ideograph counts anywhere.
public final class BlockedWords implements Step {
    private final AhoCorasickDoubleArrayTrie<String> words = new AhoCorasickDoubleArrayTrie<>();
    private final int most;
    private final String digest;

    public BlockedWords(StepSpec spec) {
        WordList list = WordList.read(spec, "files");
        digest = list.digest();
        most = spec.count("most");
        TreeMap<String, String> all = new TreeMap<>();
        list.words().forEach(word -> all.put(word.toLowerCase(Locale.ROOT), word));
        if (all.isEmpty()) {
            throw spec.wrong("files", "hold no word");
        }
        words.build(all);
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        String text = Step.text(document).toLowerCase(Locale.ROOT);
        int[] count = {0};
        String[] first = {""};
        words.parseText(
                text,
                (begin, end, word) -> {
                    if (standsAlone(text, begin, end)) {
                        first[0] = count[0]++ == 0 ? word : first[0];
                    }
                });
        return count[0] > most ? Optional.of(new Reason("word " + first[0], count[0], most)) : Optional.empty();
    }

    private static boolean standsAlone(String text, int begin, int end) {
        return (begin == 0 || !joins(text.charAt(begin - 1), text.charAt(begin)))
                && (end == text.length() || !joins(text.charAt(end - 1), text.charAt(end)));
    }

    private static boolean joins(char left, char right) {
        return Character.isLetterOrDigit(left)
                && Character.isLetterOrDigit(right)
                && !Character.isIdeographic(left)
                && !Character.isIdeographic(right);
    }

    @Override
    public String resources() {
        return digest;
    }
}
