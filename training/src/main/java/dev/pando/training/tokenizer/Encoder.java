package dev.pando.training.tokenizer;

import java.util.Arrays;
import java.util.function.IntConsumer;

/// Encodes much text fast, remembering what it has merged: text is mostly words that were there before.
///
/// Not thread-safe; the tokens do not depend on what was encoded before. From [Tokenizer#encoder].
public final class Encoder {
    /// Where remembering starts afresh, so that memory stays bounded.
    private static final int MOST_WORDS = 1 << 17;

    /// Words that are longer are rarely seen again.
    private static final int LONGEST_WORD = 48;

    private final BpeModel model;
    private final AddedTokens added;
    private final Merger merger;
    private final ByteStrings wholes;
    private final int[] wholeIds;
    private ByteStrings words = new ByteStrings();
    private int[] ends = new int[512];
    private int[] ids = new int[1024];

    Encoder(BpeModel model, AddedTokens added, Merger merger, ByteStrings wholes, int[] wholeIds) {
        this.model = model;
        this.added = added;
        this.merger = merger;
        this.wholes = wholes;
        this.wholeIds = wholeIds;
    }

    /// Hands the tokens of the text `utf8[from, to)` to the sink. Names of special tokens in it are plain text.
    ///
    /// @param utf8 valid UTF-8
    public void encode(byte[] utf8, int from, int to, IntConsumer sink) {
        encode(utf8, from, to, false, sink);
    }

    void encode(byte[] utf8, int from, int to, boolean specials, IntConsumer sink) {
        if (model.sentencePiece().filter(BpeModel.SentencePiece::spaceFirst).isPresent() && from < to) {
            byte[] spaced = new byte[to - from + 1];
            spaced[0] = ' ';
            System.arraycopy(utf8, from, spaced, 1, to - from);
            cut(spaced, 0, spaced.length, specials, sink);
        } else {
            cut(utf8, from, to, specials, sink);
        }
    }

    private void cut(byte[] utf8, int from, int to, boolean specials, IntConsumer sink) {
        if (!specials && !added.arePlain()) {
            model.preTokenizer().split(utf8, from, to, (start, end) -> word(utf8, start, end, sink));
            return;
        }
        added.split(
                utf8,
                from,
                to,
                specials,
                new AddedTokens.Sink() {
                    @Override
                    public void text(int begin, int stop) {
                        model.preTokenizer().split(utf8, begin, stop, (start, end) -> word(utf8, start, end, sink));
                    }

                    @Override
                    public void token(int id) {
                        sink.accept(id);
                    }
                });
    }

    private void word(byte[] text, int from, int to, IntConsumer sink) {
        int known = words.find(text, from, to);
        if (known == ByteStrings.ABSENT) {
            known = merge(text, from, to, sink);
        }
        if (known != ByteStrings.ABSENT) {
            for (int i = known == 0 ? 0 : ends[known - 1]; i < ends[known]; i++) {
                sink.accept(ids[i]);
            }
        }
    }

    /// Merges a word and remembers it, or passes it on at once where it is not worth remembering.
    private int merge(byte[] text, int from, int to, IntConsumer sink) {
        int whole = model.wholeFirst() ? wholes.find(text, from, to) : ByteStrings.ABSENT;
        int count = whole == ByteStrings.ABSENT ? merger.merge(text, from, to) : 1;
        if (to - from > LONGEST_WORD) {
            for (int i = 0; i < count; i++) {
                sink.accept(whole == ByteStrings.ABSENT ? merger.token(i) : wholeIds[whole]);
            }
            return ByteStrings.ABSENT;
        }
        if (words.size() == MOST_WORDS) {
            words = new ByteStrings();
        }
        int word = words.intern(text, from, to);
        int start = word == 0 ? 0 : ends[word - 1];
        if (word == ends.length) {
            ends = Arrays.copyOf(ends, word * 2);
        }
        if (start + count > ids.length) {
            ids = Arrays.copyOf(ids, ids.length * 2 + count);
        }
        for (int i = 0; i < count; i++) {
            ids[start + i] = whole == ByteStrings.ABSENT ? merger.token(i) : wholeIds[whole];
        }
        ends[word] = start + count;
        return word;
    }
}
