package dev.pando.evaluation.data;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Pattern;

/// Finds numbers in what a model wrote.
public final class Numbers {
    private static final Pattern NUMBER =
            Pattern.compile("[-−]?(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?|[-−]?\\.\\d+");

    private Numbers() {}

    static Optional<String> first(String text) {
        return NUMBER.matcher(text).results().findFirst().map(match -> plain(match.group()));
    }

    static Optional<String> last(String text) {
        return NUMBER.matcher(text).results().reduce((_, last) -> last).map(match -> plain(match.group()));
    }

    /// The number that a text is, whatever currency, percent sign or commas it is written with.
    public static Optional<BigDecimal> parse(String text) {
        String bare = plain(text.strip()).replaceAll("^[$€£¥]|[%.]$|^\\+", "").strip();
        try {
            return bare.length() > 1000 ? Optional.empty() : Optional.of(new BigDecimal(bare));
        } catch (NumberFormatException none) {
            return Optional.empty();
        }
    }

    private static String plain(String number) {
        return number.replace(",", "").replace('−', '-');
    }
}
