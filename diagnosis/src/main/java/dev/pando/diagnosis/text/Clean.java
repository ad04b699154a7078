package dev.pando.diagnosis.text;

import java.util.regex.Pattern;

/// Takes out of a line what is meant for a terminal: colours, cursor movements and control characters.
public final class Clean {
    private static final Pattern COLOUR =
            Pattern.compile("\\u001B\\[[0-9;?]*[ -/]*[@-~]|\\u001B[()][A-Z0-9]|\\[[0-9]{1,2}(?:;[0-9]{1,3})*m");

    private Clean() {}

    /// The line as a person reads it.
    public static String line(String raw) {
        String text = raw;
        if (raw.indexOf('\u001B') >= 0 || hasBareColour(raw)) {
            text = COLOUR.matcher(raw).replaceAll("");
        }
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' && text.charAt(i) != '\t') {
                return printable(text);
            }
        }
        return text;
    }

    /// A line cut to at most `longest` characters, for people.
    public static String cut(String text, int longest) {
        String stripped = text.strip();
        return stripped.length() <= longest ? stripped : stripped.substring(0, longest - 1) + "…";
    }

    // a page that shows a log drops the escape and leaves the rest, "[36m"
    private static boolean hasBareColour(String raw) {
        for (int at = raw.indexOf("m"); at > 2; at = raw.indexOf("m", at + 1)) {
            if (raw.charAt(at - 1) >= '0' && raw.charAt(at - 1) <= '9') {
                return true;
            }
        }
        return false;
    }

    private static String printable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c < ' ' && c != '\t' ? ' ' : c);
        }
        return out.toString();
    }
}
