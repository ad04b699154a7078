package dev.pando.training.tokenizer;

import java.util.Arrays;

/// Learns a byte-level byte-pair encoding from text: again and again the most frequent pair becomes a token.
///
/// The same texts give the same tokenizer, in whatever order they are added: pairs that are equally frequent go by the
/// smaller left id, then by the smaller right one. Not thread-safe.
public final class BpeTrainer {
    /// Fewest tokens that a vocabulary can have: the bytes and the special tokens.
    public static final int LEAST_VOCABULARY = SpecialTokens.LEAST_VOCABULARY;

    /// Most tokens that a vocabulary can have.
    public static final int MOST_VOCABULARY = 1 << 20;

    /// Longer pre-tokens (tables of data, mostly) are counted in pieces: no token needs to be that long.
    private static final int LONGEST_WORD = 256;

    /// A pair that occurs once says nothing about text to come.
    private static final long LEAST_COUNT = 2;

    private final int vocabulary;
    private final PreTokenizer preTokenizer = new WordScanner();
    private final ByteStrings words = new ByteStrings();
    private long[] counts = new long[512];

    /// @param vocabulary size of the vocabulary, bytes and special tokens included; what the texts do not fill, spare
    ///   tokens do
    public BpeTrainer(int vocabulary) {
        if (vocabulary < LEAST_VOCABULARY || vocabulary > MOST_VOCABULARY) {
            throw new TokenizerException(
                    "a vocabulary has between "
                            + LEAST_VOCABULARY
                            + " (256 bytes and "
                            + (LEAST_VOCABULARY - 256)
                            + " special tokens) and "
                            + MOST_VOCABULARY
                            + " tokens, not "
                            + vocabulary);
        }
        this.vocabulary = vocabulary;
    }

    /// Counts the words of `utf8[from, to)`.
    ///
    /// @param utf8 valid UTF-8
    public void add(byte[] utf8, int from, int to) {
        preTokenizer.split(
                utf8,
                from,
                to,
                (start, end) -> {
                    for (int piece = start; piece < end; piece += LONGEST_WORD) {
                        count(words.intern(utf8, piece, Math.min(end, piece + LONGEST_WORD)));
                    }
                });
    }

    private void count(int word) {
        if (word == counts.length) {
            counts = Arrays.copyOf(counts, word * 2);
        }
        counts[word]++;
    }

    /// Learns merges from all that was added.
    public Tokenizer train() {
        byte[][] tokens = new byte[vocabulary][];
        for (int b = 0; b < 256; b++) {
            tokens[SpecialTokens.FIRST_BYTE + b] = new byte[] {(byte) b};
        }
        PairCounts pairs = new PairCounts(words, counts);
        long[] merges = new long[vocabulary - LEAST_VOCABULARY];
        int[] merged = new int[merges.length];
        int rank = 0;
        for (; rank < merges.length; rank++) {
            long pair = pairs.mostFrequent(LEAST_COUNT);
            if (pair == PairCounts.NONE) {
                break;
            }
            // no other pair spells this token: what lies between two bounds has always been merged the same way
            int token = SpecialTokens.FIRST_MERGE + rank;
            tokens[token] = join(tokens[PairTable.left(pair)], tokens[PairTable.right(pair)]);
            merges[rank] = pair;
            merged[rank] = token;
            pairs.merge(pair, token);
        }
        return new Tokenizer(
                new BpeModel(
                        tokens,
                        Arrays.copyOf(merges, rank),
                        Arrays.copyOf(merged, rank),
                        SpecialTokens.placeIn(tokens, SpecialTokens.FIRST_MERGE + rank),
                        preTokenizer,
                        false,
                        SpecialTokens.FIRST.indexOf(SpecialTokens.BOS),
                        SpecialTokens.FIRST.indexOf(SpecialTokens.EOS)));
    }

    private static byte[] join(byte[] left, byte[] right) {
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }
}
