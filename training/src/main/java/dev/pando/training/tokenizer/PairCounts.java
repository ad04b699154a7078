package dev.pando.training.tokenizer;

import java.util.Arrays;
import java.util.PriorityQueue;

/// How often each pair of neighbours occurs in a corpus, kept current while pairs are merged.
///
/// A merge only touches the words that hold the pair, found by a list of words for every pair, so training takes time
/// in proportion to what changes.
final class PairCounts {
    static final long NONE = -1;

    /// Among the most frequent pairs the one of smallest ids is the least candidate.
    private record Candidate(long count, long pair) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return count != other.count ? Long.compare(other.count, count) : Long.compare(pair, other.pair);
        }
    }

    private final long[] wordCounts;
    private final int[] symbols;
    private final int[] starts;
    private final int[] lengths;

    private final PairTable numbers;
    private long[] pairs = new long[1024];
    private long[] counts = new long[1024];
    private int[][] holders = new int[1024][];
    private int[] holderCounts = new int[1024];
    private int[] changedIn = new int[1024];
    private int[] changed = new int[1024];
    private int changedCount;
    private int round;

    /// An entry whose count is no longer right is put right when it comes up.
    private final PriorityQueue<Candidate> candidates = new PriorityQueue<>();

    PairCounts(ByteStrings words, long[] wordCounts) {
        this.wordCounts = wordCounts;
        symbols = new int[words.totalBytes()];
        starts = new int[words.size()];
        lengths = new int[words.size()];
        numbers = new PairTable(1 << 16);
        round = 1;
        int next = 0;
        for (int word = 0; word < words.size(); word++) {
            byte[] bytes = words.get(word);
            starts[word] = next;
            lengths[word] = bytes.length;
            for (byte b : bytes) {
                symbols[next++] = SpecialTokens.FIRST_BYTE + (b & 0xff);
            }
            for (int i = starts[word]; i + 1 < next; i++) {
                gain(PairTable.pair(symbols[i], symbols[i + 1]), word);
            }
        }
        offerChanged();
    }

    /// The most frequent pair, the first of them by its ids, or [#NONE] where none occurs at least that often.
    long mostFrequent(long least) {
        while (!candidates.isEmpty()) {
            Candidate best = candidates.poll();
            long count = counts[numbers.get(best.pair())];
            if (count == best.count() && count >= least) {
                return best.pair();
            }
            if (count < best.count() && count >= least) {
                candidates.add(new Candidate(count, best.pair()));
            }
        }
        return NONE;
    }

    /// Replaces the pair by one token everywhere.
    void merge(long pair, int token) {
        round++;
        int number = numbers.get(pair);
        int[] words = holders[number];
        int count = holderCounts[number];
        holders[number] = null;
        holderCounts[number] = 0;
        for (int i = 0; i < count; i++) {
            rewrite(words[i], pair, token);
        }
        offerChanged();
    }

    private void rewrite(int word, long pair, int token) {
        int left = PairTable.left(pair);
        int right = PairTable.right(pair);
        int start = starts[word];
        int end = start + lengths[word];
        int first = start;
        while (first + 1 < end && (symbols[first] != left || symbols[first + 1] != right)) {
            first++;
        }
        if (first + 1 >= end) {
            return; // merged away meanwhile
        }
        for (int i = start; i + 1 < end; i++) {
            counts[numbers.get(PairTable.pair(symbols[i], symbols[i + 1]))] -= wordCounts[word];
        }
        int to = first;
        for (int from = first; from < end; to++) {
            boolean both = symbols[from] == left && from + 1 < end && symbols[from + 1] == right;
            symbols[to] = both ? token : symbols[from];
            from += both ? 2 : 1;
        }
        lengths[word] = to - start;
        for (int i = start; i + 1 < to; i++) {
            long now = PairTable.pair(symbols[i], symbols[i + 1]);
            if (symbols[i] == token || symbols[i + 1] == token) {
                gain(now, word);
            } else {
                counts[numbers.get(now)] += wordCounts[word];
            }
        }
    }

    /// Counts a pair in a word that did not hold it before.
    private void gain(long pair, int word) {
        int number = numbers.get(pair);
        if (number == PairTable.ABSENT) {
            number = numbers.size();
            numbers.put(pair, number);
            if (number == pairs.length) {
                grow();
            }
            pairs[number] = pair;
        }
        counts[number] += wordCounts[word];
        hold(number, word);
        if (changedIn[number] != round) {
            changedIn[number] = round;
            if (changedCount == changed.length) {
                changed = Arrays.copyOf(changed, changedCount * 2);
            }
            changed[changedCount++] = number;
        }
    }

    private void hold(int number, int word) {
        int size = holderCounts[number];
        if (size == 0) {
            holders[number] = new int[4];
        } else if (holders[number][size - 1] == word) {
            return;
        } else if (size == holders[number].length) {
            holders[number] = Arrays.copyOf(holders[number], size * 2);
        }
        holders[number][size] = word;
        holderCounts[number]++;
    }

    private void offerChanged() {
        for (int i = 0; i < changedCount; i++) {
            candidates.add(new Candidate(counts[changed[i]], pairs[changed[i]]));
        }
        changedCount = 0;
    }

    private void grow() {
        int capacity = pairs.length * 2;
        pairs = Arrays.copyOf(pairs, capacity);
        counts = Arrays.copyOf(counts, capacity);
        holders = Arrays.copyOf(holders, capacity);
        holderCounts = Arrays.copyOf(holderCounts, capacity);
        changedIn = Arrays.copyOf(changedIn, capacity);
    }
}
