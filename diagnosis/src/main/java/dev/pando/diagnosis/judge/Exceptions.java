package dev.pando.diagnosis.judge;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Optional;

/// Recognises the line that names an exception, of Python or of a JVM.
final class Exceptions {
    /// A raised exception.
    ///
    /// @param name the simple name of its class
    /// @param message what stands behind it
    /// @param start where in the line the name begins
    record Raised(String name, String message, int start) {}

    private static final Pattern RAISED =
            Pattern.compile(
                    "(?:^|[\\s\\]:|>'\"(])(?P<path>(?:[A-Za-z_][\\w$]*\\.)*)"
                            + "(?P<name>[A-Z][A-Za-z0-9_$]*(?:Error|Exception|Interrupt|Exit|Timeout|Throwable|Failure|ZipFile|Invalid|NotFound|Unavailable|Expired|Aborted)|timeout|gaierror|herror|StopIteration|Empty|Full|Exception|Error)(?P<rest>:"
                            + " .*|:|\\s*)$");
    private static final Pattern CODE =
            Pattern.compile(
                    "^\\s*(?:\\[[^\\]]*\\]:?\\s*)?(?:raise|except|throw|catch|import|from|class|assert|return|if|elif)\\b");
    private static final Pattern QUOTED_CODE = Pattern.compile("(?:raise|except|throw new|catch|import) [\\w.]*$");

    private Exceptions() {}

    /// The exception that the line names.
    static Optional<Raised> of(String line) {
        int length = Math.min(line.length(), 4000);
        String text = line.substring(0, length).stripTrailing();
        Matcher found = RAISED.matcher(text);
        if (!found.find() || CODE.matcher(text).find()) {
            return Optional.empty();
        }
        String path = found.group("path");
        String name = found.group("name");
        boolean bare =
                Character.isLowerCase(name.charAt(0)) || name.matches("Empty|Full|Exception|Error|StopIteration");
        if (bare
                && path.isEmpty()
                && !(name.matches("Exception|StopIteration") && found.start("name") == firstWord(text))) {
            return Optional.empty();
        }
        if (QUOTED_CODE.matcher(text.substring(0, found.start("name"))).find()) {
            return Optional.empty();
        }
        String rest = found.group("rest");
        return Optional.of(
                new Raised(
                        name.substring(name.lastIndexOf('$') + 1),
                        rest.startsWith(":") ? rest.substring(1).strip() : "",
                        found.start("path")));
    }

    private static int firstWord(String text) {
        int at = 0;
        while (at < text.length() && !Character.isLetter(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
