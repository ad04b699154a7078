package dev.pando.training.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Finds added tokens in text before anything else cuts it: at the first place where one matches, the longest.
///
/// As Hugging Face's `AddedVocabulary`: tokens that are not normalized come first, the others in what is left; a token
/// may want to stand alone (`single_word`), or take the white space beside it (`lstrip`, `rstrip`). Thread-safe.
final class AddedTokens {
    /// Receives the pieces of a text, in order.
    interface Sink {
        void text(int from, int to);

        void token(int id);
    }

    /// What may follow the bytes of a token so far, and the token that ends here.
    private static final class Node {
        private final Map<Byte, Node> next = new HashMap<>();
        private BpeModel.Added token;
        private int bytes;
    }

    private final List<Node[]> passes = new ArrayList<>();
    private final boolean plain;

    /// @param added all of them; the special ones guard their places in plain text, and are text there
    AddedTokens(List<BpeModel.Added> added) {
        plain = added.stream().anyMatch(token -> !token.special());
        for (boolean normalized : new boolean[] {false, true}) {
            List<BpeModel.Added> tokens = added.stream().filter(token -> token.normalized() == normalized).toList();
            if (!tokens.isEmpty()) {
                Node[] first = new Node[256];
                tokens.forEach(token -> insert(first, token));
                passes.add(first);
            }
        }
    }

    private static void insert(Node[] first, BpeModel.Added token) {
        byte[] name = token.content().getBytes(StandardCharsets.UTF_8);
        Node node = first[name[0] & 0xff];
        if (node == null) {
            node = first[name[0] & 0xff] = new Node();
        }
        for (int i = 1; i < name.length; i++) {
            node = node.next.computeIfAbsent(name[i], _ -> new Node());
        }
        node.token = token;
        node.bytes = name.length;
    }

    /// Whether text of strangers can make any of them.
    boolean arePlain() {
        return plain;
    }

    /// Cuts `utf8[from, to)`.
    ///
    /// @param specials whether the names of special tokens make those, or are text
    void split(byte[] utf8, int from, int to, boolean specials, Sink sink) {
        split(plain || specials ? 0 : passes.size(), utf8, from, to, specials, sink);
    }

    private void split(int pass, byte[] utf8, int from, int to, boolean specials, Sink sink) {
        if (pass == passes.size()) {
            if (from < to) {
                sink.text(from, to);
            }
            return;
        }
        int done = from;
        int at = from;
        while (at < to) {
            Node found = longest(passes.get(pass), utf8, at, to);
            if (found == null) {
                at++;
                continue;
            }
            int end = at + found.bytes;
            BpeModel.Added token = found.token;
            if ((specials || !token.special()) && mayStand(token, utf8, from, at, end, to)) {
                int start = token.lstrip() ? startOfSpace(utf8, done, at) : at;
                split(pass + 1, utf8, done, start, specials, sink);
                sink.token(token.id());
                end = token.rstrip() ? endOfSpace(utf8, end, to) : end;
                done = end;
            }
            at = end;
        }
        split(pass + 1, utf8, done, to, specials, sink);
    }

    private static Node longest(Node[] first, byte[] utf8, int at, int to) {
        Node longest = null;
        Node node = first[utf8[at] & 0xff];
        for (int i = at + 1; node != null; i++) {
            longest = node.token == null ? longest : node;
            node = i < to ? node.next.get(utf8[i]) : null;
        }
        return longest;
    }

    private static boolean mayStand(BpeModel.Added token, byte[] utf8, int from, int at, int end, int to) {
        return !token.singleWord()
                || (at == from || !isWord(WordScanner.codePoint(utf8, startOfCharacter(utf8, from, at))))
                        && (end == to || !isWord(WordScanner.codePoint(utf8, end)));
    }

    private static int startOfSpace(byte[] utf8, int from, int at) {
        int start = at;
        while (start > from) {
            int before = startOfCharacter(utf8, from, start);
            if (!isSpace(WordScanner.codePoint(utf8, before))) {
                break;
            }
            start = before;
        }
        return start;
    }

    private static int endOfSpace(byte[] utf8, int from, int to) {
        int end = from;
        while (end < to && isSpace(WordScanner.codePoint(utf8, end))) {
            end += WordScanner.width(utf8[end]);
        }
        return end;
    }

    private static int startOfCharacter(byte[] utf8, int from, int end) {
        int start = end - 1;
        while (start > from && (utf8[start] & 0xc0) == 0x80) {
            start--;
        }
        return start;
    }

    private static boolean isSpace(int c) {
        return Character.isSpaceChar(c) || c >= '\t' && c <= '\r' || c == 0x85;
    }

    /// What Rust's regular expressions call `\w`.
    private static boolean isWord(int c) {
        return Character.isAlphabetic(c)
                || c == 0x200c
                || c == 0x200d
                || switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK,
                            Character.ENCLOSING_MARK,
                            Character.COMBINING_SPACING_MARK,
                            Character.DECIMAL_DIGIT_NUMBER,
                            Character.CONNECTOR_PUNCTUATION ->
                            true;
                    default -> false;
                };
    }
}
