package dev.pando.data.page;

/// White space as a browser shows it.
final class Whitespace {
    private Whitespace() {}

    /// Runs of white space become one space, or one line break where the page breaks the line.
    static String tidy(CharSequence text) {
        StringBuilder tidy = new StringBuilder(text.length());
        boolean space = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isWhitespace(c) || c == ' ' || c == '​' || c == '﻿') {
                space = true;
            } else {
                if (space && !tidy.isEmpty()) {
                    tidy.append(' ');
                }
                space = false;
                tidy.append(c);
            }
        }
        return tidy.toString();
    }
}
