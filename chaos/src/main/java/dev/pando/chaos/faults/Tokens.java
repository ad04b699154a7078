package dev.pando.chaos.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A fault script cut into words, with a finger on the next one.
final class Tokens {
    /// @param text in lower case
    /// @param position of its first character, from 1
    record Token(String text, int position) {}

    private static final String END = "";

    private final List<Token> tokens = new ArrayList<>();
    private int next;

    Tokens(String script) {
        int at = 0;
        while (at < script.length()) {
            char c = script.charAt(at);
            if (c == '\n' || c == ';') {
                tokens.add(new Token(",", ++at));
            } else if (Character.isWhitespace(c)) {
                at++;
            } else if (isMark(c)) {
                tokens.add(new Token(String.valueOf(c), ++at));
            } else {
                int end = at;
                while (end < script.length()
                        && !isMark(script.charAt(end))
                        && !Character.isWhitespace(script.charAt(end))) {
                    end++;
                }
                tokens.add(new Token(script.substring(at, end).toLowerCase(Locale.ROOT), at + 1));
                at = end;
            }
        }
        tokens.add(new Token(END, script.length() + 1));
    }

    private static boolean isMark(char c) {
        return c == ',' || c == ';' || c == '|' || c == '%' || c == '\n';
    }

    Token peek() {
        return tokens.get(next);
    }

    /// The word after the next one.
    Token peekBehind() {
        return tokens.get(Math.min(next + 1, tokens.size() - 1));
    }

    /// The next few words, with single spaces.
    String peek(int count) {
        return tokens.subList(next, Math.min(next + count, tokens.size())).stream()
                .map(Token::text)
                .collect(Collectors.joining(" "))
                .strip();
    }

    Token take() {
        Token token = tokens.get(next);
        next = Math.min(next + 1, tokens.size() - 1);
        return token;
    }

    boolean atEnd() {
        return peek().text().equals(END);
    }

    /// At the end of a fault.
    boolean atComma() {
        return atEnd() || peek().text().equals(",");
    }

    /// Takes the words if they are next.
    boolean takes(String... words) {
        for (int i = 0; i < words.length; i++) {
            if (!tokens.get(Math.min(next + i, tokens.size() - 1)).text().equals(words[i])) {
                return false;
            }
        }
        next += words.length;
        return true;
    }

    static String quoted(Token token) {
        return token.text().equals(END) ? "nothing" : "\"" + token.text() + "\"";
    }
}
