package dev.pando.evaluation.data;

import java.text.Normalizer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// What a task may do with a text before it is compared or shown: one vocabulary for templates and for answers.
///
/// Written as `name` or `name: argument`, for instance `after: ####`.
public final class TextOperation {
    private static final Map<String, UnaryOperator<String>> PLAIN = new LinkedHashMap<>();
    private static final Map<String, Function<String, UnaryOperator<String>>> WITH_ARGUMENT = new LinkedHashMap<>();

    static {
        PLAIN.put("strip", String::strip);
        PLAIN.put("lower", text -> text.toLowerCase(Locale.ROOT));
        PLAIN.put("upper", text -> text.toUpperCase(Locale.ROOT));
        PLAIN.put("spaces", text -> text.replace('_', ' '));
        PLAIN.put("first-line", text -> text.stripLeading().lines().findFirst().orElse(""));
        PLAIN.put("last-line", text -> text.strip().lines().reduce((_, last) -> last).orElse(""));
        PLAIN.put("first-word", text -> first(text.strip(), Pattern.compile("\\S+")));
        PLAIN.put("nfkc", text -> Normalizer.normalize(text, Normalizer.Form.NFKC));
        PLAIN.put("first-number", text -> Numbers.first(text).orElse(""));
        PLAIN.put("last-number", text -> Numbers.last(text).orElse(""));
        PLAIN.put("boxed", TextOperation::boxed);
        PLAIN.put("code", TextOperation::code);
        WITH_ARGUMENT.put("until", end -> text -> text.contains(end) ? text.substring(0, text.indexOf(end)) : text);
        WITH_ARGUMENT.put("after", begin -> text -> text.substring(behind(text.lastIndexOf(begin), begin)));
        WITH_ARGUMENT.put("after-first", begin -> text -> text.substring(behind(text.indexOf(begin), begin)));
        WITH_ARGUMENT.put("remove", what -> text -> text.replace(what, ""));
        WITH_ARGUMENT.put(
                "remove-regex",
                pattern -> {
                    Pattern compiled = compile(pattern);
                    return text -> compiled.matcher(text).replaceAll("");
                });
        WITH_ARGUMENT.put(
                "regex",
                pattern -> {
                    Pattern compiled = compile(pattern);
                    return text -> first(text, compiled);
                });
        WITH_ARGUMENT.put(
                "last-regex",
                pattern -> {
                    Pattern compiled = compile(pattern);
                    return text ->
                            compiled.matcher(text)
                                    .results()
                                    .map(TextOperation::group)
                                    .reduce((_, last) -> last)
                                    .orElse("");
                });
        WITH_ARGUMENT.put(
                "option",
                letters -> {
                    Options options = new Options(letters);
                    return text -> options.in(text).orElse("");
                });
    }

    private TextOperation() {}

    /// The operation that is written so.
    ///
    /// @throws EvaluationException listing those that exist
    public static UnaryOperator<String> of(String written) {
        int colon = written.indexOf(':');
        String name = (colon < 0 ? written : written.substring(0, colon)).strip();
        if (colon < 0) {
            UnaryOperator<String> plain = PLAIN.get(name);
            if (plain != null) {
                return plain;
            }
        } else {
            Function<String, UnaryOperator<String>> made = WITH_ARGUMENT.get(name);
            if (made != null) {
                String argument = written.substring(colon + 1);
                return made.apply(argument.startsWith(" ") ? argument.substring(1) : argument);
            }
        }
        throw new EvaluationException(
                "\"" + written + "\" is no operation on a text; there are " + String.join(", ", names()));
    }

    /// Several of them, one after the other.
    public static UnaryOperator<String> of(List<String> written) {
        List<UnaryOperator<String>> all = written.stream().map(TextOperation::of).toList();
        return text -> {
            String result = text;
            for (UnaryOperator<String> each : all) {
                result = each.apply(result);
            }
            return result;
        };
    }

    /// How each may be written.
    public static List<String> names() {
        return java.util.stream.Stream.concat(
                        PLAIN.keySet().stream(), WITH_ARGUMENT.keySet().stream().map(name -> name + ": …"))
                .toList();
    }

    private static Pattern compile(String pattern) {
        try {
            return Pattern.compile(pattern, Pattern.DOTALL | Pattern.MULTILINE);
        } catch (PatternSyntaxException wrong) {
            throw new EvaluationException(
                    "\"" + pattern + "\" is no regular expression: " + wrong.getDescription(), wrong);
        }
    }

    private static String first(String text, Pattern pattern) {
        return pattern.matcher(text).results().findFirst().map(TextOperation::group).orElse("");
    }

    private static String group(java.util.regex.MatchResult match) {
        for (int i = 1; i <= match.groupCount(); i++) {
            if (match.group(i) != null) {
                return match.group(i);
            }
        }
        return match.group();
    }

    private static int behind(int at, String what) {
        return at < 0 ? 0 : at + what.length();
    }

    /// What the last `\boxed{…}` or `\fbox{…}` holds; the whole text without one.
    static String boxed(String text) {
        int at = Math.max(text.lastIndexOf("\\boxed"), text.lastIndexOf("\\fbox"));
        if (at < 0) {
            return text;
        }
        int open = text.indexOf('{', at);
        if (open < 0) {
            return text.substring(at).replaceFirst("^\\\\(boxed|fbox)\\s*", "").replaceFirst("[\\s$].*", "");
        }
        int depth = 0;
        for (int i = open; i < text.length(); i++) {
            depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
            if (depth == 0) {
                return text.substring(open + 1, i);
            }
        }
        return text.substring(open + 1);
    }

    /// The first fenced block; the whole text without one.
    private static String code(String text) {
        Matcher fence = Pattern.compile("```[^\\n]*\\n(.*?)(?:```|\\z)", Pattern.DOTALL).matcher(text);
        return fence.find() ? fence.group(1) : text;
    }
}
