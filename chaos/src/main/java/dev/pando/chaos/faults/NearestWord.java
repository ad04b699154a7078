package dev.pando.chaos.faults;

import dev.pando.runtime.settings.TypoDistance;
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
                        Comparator.<String>comparingInt(word -> TypoDistance.between(typed, word))
                                .thenComparing(Comparator.naturalOrder()))
                .filter(word ->
                        TypoDistance.between(typed, word) <= Math.max(2, word.length() / 3)
                                && TypoDistance.between(typed, word) < word.length());
    }
}
