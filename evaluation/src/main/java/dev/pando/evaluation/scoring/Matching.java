package dev.pando.evaluation.scoring;

import dev.pando.evaluation.data.Numbers;
import java.math.BigDecimal;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Scorers that hold an answer against references, word by word or as a whole; the best reference counts.
enum Matching implements AnswerScorer {
    /// The same text, white space at the ends apart.
    EXACT("exact match") {
        @Override
        double compare(String answer, String reference) {
            return answer.strip().equals(reference.strip()) ? 1 : 0;
        }
    },
    /// The same after lower case, without punctuation, articles and repeated white space (SQuAD's rule).
    QUASI_EXACT("quasi-exact match") {
        @Override
        double compare(String answer, String reference) {
            return plain(answer).equals(plain(reference)) ? 1 : 0;
        }
    },
    /// The reference stands somewhere in the answer, compared as by the rule above.
    CONTAINS("contains the answer") {
        @Override
        double compare(String answer, String reference) {
            return (" " + plain(answer) + " ").contains(" " + plain(reference) + " ") ? 1 : 0;
        }
    },
    /// Harmonic mean of precision and recall of words, a Chinese character being one (SQuAD's F1).
    F1("F1") {
        @Override
        double compare(String answer, String reference) {
            return f1(words(plain(answer)), words(plain(reference)));
        }
    },
    /// F-measure of the longest common subsequence of words, lower case, without stemming (Lin, ROUGE-L).
    ROUGE_L("ROUGE-L") {
        @Override
        double compare(String answer, String reference) {
            List<String> a = rougeWords(answer);
            List<String> b = rougeWords(reference);
            return harmonic(longestCommon(a, b), a.size(), b.size());
        }
    },
    /// The same number, 1e-6 apart at most; commas, currency and percent signs do not count.
    NUMBER("same number") {
        @Override
        double compare(String answer, String reference) {
            Optional<BigDecimal> a = Numbers.parse(answer);
            Optional<BigDecimal> b = Numbers.parse(reference);
            return a.isPresent()
                            && b.isPresent()
                            && a.get().subtract(b.get()).abs().compareTo(new BigDecimal("0.000001")) < 0
                    ? 1
                    : 0;
        }
    };

    private final String metric;

    Matching(String metric) {
        this.metric = metric;
    }

    abstract double compare(String answer, String reference);

    @Override
    public String metric() {
        return metric;
    }

    @Override
    public Verdict score(Answer answer) {
        return Verdict.of(
                answer.references().stream().mapToDouble(each -> compare(answer.text(), each)).max().orElse(0));
    }

    static String plain(String text) {
        String lower = Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT);
        return lower.replaceAll("\\p{Punct}|\\p{IsPunctuation}", "")
                .replaceAll("\\b(a|an|the)\\b", " ")
                .strip()
                .replaceAll("\\s+", " ");
    }

    /// Words between white space; each Han character is one.
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        for (String word : text.replaceAll("(\\p{IsHan})", " $1 ").strip().split("\\s+")) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    private static List<String> rougeWords(String text) {
        return words(text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9\\p{IsHan}]+", " "));
    }

    static double f1(List<String> answer, List<String> reference) {
        Map<String, Integer> left = new HashMap<>();
        reference.forEach(word -> left.merge(word, 1, Integer::sum));
        int common = 0;
        for (String word : answer) {
            if (left.getOrDefault(word, 0) > 0) {
                left.merge(word, -1, Integer::sum);
                common++;
            }
        }
        return answer.isEmpty() && reference.isEmpty() ? 1 : harmonic(common, answer.size(), reference.size());
    }

    private static double harmonic(int common, int answered, int expected) {
        return common == 0 ? 0 : 2.0 * common / (answered + expected);
    }

    static int longestCommon(List<String> a, List<String> b) {
        int[] row = new int[b.size() + 1];
        for (String word : a) {
            int diagonal = 0;
            for (int j = 1; j <= b.size(); j++) {
                int above = row[j];
                row[j] = word.equals(b.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[b.size()];
    }
}
