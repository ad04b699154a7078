package dev.pando.diagnosis.sieve;

import java.util.regex.Pattern;

/// Words by which a line asks for attention, whatever wrote it.
public final class Alarm {
    private static final Pattern WORDS =
            Pattern.compile(
                    "(?i)\\b(?:error|fatal|failed|failure|exception|abort(?:ed|ing)?|panic|critical|crash(?:ed)?|killed|traceback|timed?"
                            + " ?out|timeout|refused|denied|lost|dead|corrupt\\w*|overflow|nan|inf)\\b");

    private Alarm() {}

    /// Whether the line holds one of them.
    public static boolean isIn(String line) {
        return WORDS.matcher(line).find();
    }
}
