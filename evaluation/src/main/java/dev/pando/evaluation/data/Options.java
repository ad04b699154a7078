package dev.pando.evaluation.data;

import java.text.Normalizer;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Finds the option letter that an answer settles on, in English and Chinese, with full-width letters too.
///
/// In this order: what the answer calls its answer, the last time it does; a boxed letter; a letter that the answer
/// begins with; the last letter that stands alone.
final class Options {
    private final Pattern named;
    private final Pattern boxed;
    private final Pattern leading;
    private final Pattern alone;

    /// @param letters such as `ABCD`
    Options(String letters) {
        if (!letters.matches("[A-Z]{2,26}")) {
            throw new EvaluationException("\"" + letters + "\" are no option letters; write them as ABCD");
        }
        String wrapped =
                "[\\s*_$\"'“”‘’(\\[{【]*(?:\\\\(?:text|mathrm|textbf)\\{)?\\(?([" + letters + "])(?![A-Za-z0-9])";
        named =
                Pattern.compile(
                        "(?i:answer|choice|option)(?:(?i: is| should be| would be| must be)| ?: ?| ?= ?|\\s)+"
                                + "(?:(?i:option|choice)\\s*)?"
                                + wrapped
                                + "|(?:答案|正确选项|故选|应选|选择|选)\\s*(?:应该是|应为|为|是|选)?\\s*[::]?"
                                + wrapped);
        boxed = Pattern.compile("\\\\boxed\\{" + wrapped);
        leading = Pattern.compile("\\A" + wrapped + "(?=[\\s)\\].,:;、。}】*]|\\z)");
        alone = Pattern.compile("(?<![A-Za-z0-9'’])([" + letters + "])(?![A-Za-z0-9'’])");
    }

    Optional<String> in(String answer) {
        String text = Normalizer.normalize(answer, Normalizer.Form.NFKC).strip();
        return last(named, text).or(() -> last(boxed, text)).or(() -> last(leading, text)).or(() -> last(alone, text));
    }

    private static Optional<String> last(Pattern pattern, String text) {
        return pattern.matcher(text).results().reduce((_, later) -> later).map(Options::letter);
    }

    private static String letter(MatchResult match) {
        return match.groupCount() > 1 && match.group(1) == null ? match.group(2) : match.group(1);
    }
}
