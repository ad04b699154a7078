package dev.pando.chaos.faults;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Guesses what a mistyped word was meant to be.
final class NearestWord {
    private NearestWord() {}

    /// `, did you mean "kill"?`, or nothing if no word is near.
    static String suggestion(String typed, Collection<String> words) {
        return of(typed, words).map(word -> ", did you mean \"" + word + "\"?").orElse("");
    }

    static Optional<String> of(String typed, Collection<String> words) {
        return words.stream()
                .min(
                        Comparator.<String>comparingInt(word -> distance(typed, word))
                                .thenComparing(Comparator.naturalOrder()))
                .filter(word ->
                        distance(typed, word) <= Math.max(2, word.length() / 3)
                                && distance(typed, word) < word.length());
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two words.
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                d[i][j] = Math.min(d[i - 1][j - 1] + (same ? 0 : 1), Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                d[i][j] = swapped ? Math.min(d[i][j], d[i - 2][j - 2] + 1) : d[i][j];
            }
        }
        return d[a.length()][b.length()];
    }
}
