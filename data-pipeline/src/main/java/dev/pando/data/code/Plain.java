package dev.pando.data.code;

/// Source text without what only looks like code: comments, and what stands in quotes.
final class Plain {
    /// What a language writes around comments and text.
    enum Style {
        /// `//`, `/* */`, `"`, `'`; `"""` where it is Java or Kotlin.
        BRACES,
        /// The same, and template strings in backquotes.
        SCRIPT,
        /// `#`, quotes single and triple.
        PYTHON,
        /// As braces; `'` begins a lifetime as often as a character.
        RUST
    }

    private Plain() {}

    /// Of the same length, with spaces for what is left out; line breaks stay.
    ///
    /// @param quotes whether text in quotes stays, for languages that import by quoted names
    static String of(String text, Style style, boolean quotes) {
        char[] plain = text.toCharArray();
        int i = 0;
        while (i < plain.length) {
            int end = i;
            boolean comment = false;
            char c = plain[i];
            if (style == Style.PYTHON && c == '#' || style != Style.PYTHON && text.startsWith("//", i)) {
                comment = true;
                end = line(text, i);
            } else if (style != Style.PYTHON && text.startsWith("/*", i)) {
                comment = true;
                int close = text.indexOf("*/", i + 2);
                end = close < 0 ? plain.length : close + 2;
            } else if (text.startsWith("\"\"\"", i) || style == Style.PYTHON && text.startsWith("'''", i)) {
                comment = style == Style.PYTHON;
                end = triple(text, i);
            } else if (c == '"' || c == '\'' && style != Style.RUST || c == '`' && style == Style.SCRIPT) {
                end = quoted(text, i, c);
            } else if (c == '\'' && style == Style.RUST && isCharacter(text, i)) {
                end = quoted(text, i, c);
            }
            if (end == i) {
                i++;
                continue;
            }
            if (comment || !quotes) {
                for (int k = i; k < end; k++) {
                    plain[k] = plain[k] == '\n' ? '\n' : ' ';
                }
            }
            i = end;
        }
        return new String(plain);
    }

    private static int line(String text, int from) {
        int end = text.indexOf('\n', from);
        return end < 0 ? text.length() : end;
    }

    private static int triple(String text, int from) {
        String mark = text.substring(from, from + 3);
        int at = from + 3;
        while (at < text.length()) {
            if (text.charAt(at) == '\\') {
                at += 2;
            } else if (text.startsWith(mark, at)) {
                return at + 3;
            } else {
                at++;
            }
        }
        return text.length();
    }

    /// A quote that its line does not close is no quote.
    private static int quoted(String text, int from, char mark) {
        for (int at = from + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                at++;
            } else if (c == mark) {
                return at + 1;
            } else if (c == '\n' && mark != '`') {
                return from;
            }
        }
        return from;
    }

    private static boolean isCharacter(String text, int from) {
        return from + 2 < text.length() && (text.charAt(from + 1) == '\\' || text.charAt(from + 2) == '\'');
    }
}
