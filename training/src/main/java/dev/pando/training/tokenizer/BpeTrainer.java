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

    /// Longer pre-tokens (tables of data, mostly) are counted in pieces: nobody needs a token that long.
    private static final int LONGEST_WORD = 256;
    /// A pair that occurs once says nothing about text to come.
    private static final long LEAST_COUNT = 2;

    private final int vocabulary;
    private final PreTokenizer preTokenizer = new WordScanner();
    private final ByteStrings words = new ByteStrings();
    private long[] counts = new long[512];

    /// @param vocabulary size of the vocabulary, bytes and special tokens included; what the texts do not fill, spare
    ///     tokens do
    public BpeTrainer(int vocabulary) {
        if (vocabulary < LEAST_VOCABULARY || vocabulary > MOST_VOCABULARY) {
            throw new TokenizerException("a vocabulary has between " + LEAST_VOCABULARY + " (256 bytes and "
                    + (LEAST_VOCABULARY - 256) + " special tokens) and " + MOST_VOCABULARY + " tokens, not " + vocabulary);
        }
        this.vocabulary = vocabulary;
    }

    /// Counts the words of `utf8[from, to)`.
    ///
    /// @param utf8 valid UTF-8
    public void add(byte[] utf8, int from, int to) {
        preTokenizer.split(utf8, from, to, (start, end) -> {
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
        ByteStrings spellings = new ByteStrings();
        for (int b = 0; b < 256; b++) {
            byte[] token = {(byte) b};
            tokens[SpecialTokens.FIRST_BYTE + b] = token;
            spellings.intern(token, 0, 1);
        }
        PairCounts pairs = new PairCounts(words, counts);
        int most = vocabulary - LEAST_VOCABULARY;
        long[] merges = new long[most];
        int[] merged = new int[most];
        PairTable known = new PairTable(most);
        int rank = 0;
        int free = SpecialTokens.FIRST_MERGE;
        while (free < vocabulary - SpecialTokens.LAST.size()) {
            long pair = pairs.mostFrequent(LEAST_COUNT);
            if (pair == PairCounts.NONE) {
                break;
            }
            byte[] token = join(tokens[PairTable.left(pair)], tokens[PairTable.right(pair)]);
            // two pairs can spell the same token; it has one id
            int id = SpecialTokens.FIRST_BYTE + spellings.intern(token, 0, token.length);
            if (id == free) {
                tokens[free++] = token;
            }
            if (known.get(pair) == PairTable.ABSENT) {
                known.put(pair, rank);
                if (rank == merges.length) {
                    merges = Arrays.copyOf(merges, rank * 2);
                    merged = Arrays.copyOf(merged, rank * 2);
                }
                merges[rank] = pair;
                merged[rank++] = id;
            }
            pairs.merge(pair, id);
        }
        return new Tokenizer(new BpeModel(
                tokens,
                Arrays.copyOf(merges, rank),
                Arrays.copyOf(merged, rank),
                SpecialTokens.placeIn(tokens, free),
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
