package dev.pando.training.tokenizer;

import java.util.List;

/// Pando's own pre-tokenizer: what [#PATTERN] says, in one pass over the bytes.
///
/// After the pattern of GPT-4, with three changes: each digit is one piece (as in InternLM2's tokenizer), combining
/// marks belong to their word, and `'s` is only cut off where the word ends, so quoted strings of code stay whole.
final class WordScanner implements PreTokenizer {
    /// The same rule for the regular-expression engines of Java and of Hugging Face.
    static final String PATTERN =
            "'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])(?![\\p{L}\\p{M}])"
                    + "|[^\\r\\n\\p{L}\\p{M}\\p{N}]?[\\p{L}\\p{M}]+"
                    + "|\\p{N}"
                    + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+"
                    + "|\\s+(?!\\S)"
                    + "|\\s+";

    private static final byte LETTER = 0;
    private static final byte NUMBER = 1;
    private static final byte SPACE = 2;
    private static final byte NEWLINE = 3;
    private static final byte OTHER = 4;
    private static final byte END = 5;

    private static final byte[] ASCII = new byte[128];

    static {
        for (int c = 0; c < 128; c++) {
            ASCII[c] = kindOf(c);
        }
    }

    @Override
    public List<String> patterns() {
        return List.of(PATTERN);
    }

    @Override
    public void split(byte[] utf8, int from, int to, Sink sink) {
        int start = from;
        while (start < to) {
            int end = end(utf8, start, to);
            sink.accept(start, end);
            start = end;
        }
    }

    /// Where the pre-token ends that starts at `at`. The alternatives of the pattern, in its order.
    private static int end(byte[] text, int at, int to) {
        byte kind = kind(text, at, to);
        if (kind == LETTER) {
            return endOfLetters(text, at, to);
        }
        int second = at + width(text[at]);
        if (kind == NUMBER) {
            return second;
        }
        if (kind != NEWLINE) {
            int contraction = text[at] == '\'' ? endOfContraction(text, at, to) : at;
            if (contraction > at) {
                return contraction;
            }
            byte next = kind(text, second, to);
            if (next == LETTER) {
                return endOfLetters(text, second, to);
            }
            if (kind == OTHER || text[at] == ' ' && next == OTHER) {
                return endOfSigns(text, second, to);
            }
        }
        return endOfSpace(text, at, to);
    }

    private static int endOfContraction(byte[] text, int at, int to) {
        int first = at + 1 < to ? text[at + 1] | 0x20 : 0;
        int second = at + 2 < to ? text[at + 2] | 0x20 : 0;
        int end =
                switch (first) {
                    case 's', 'd', 'm', 't' -> at + 2;
                    case 'l' -> second == 'l' ? at + 3 : at;
                    case 'v', 'r' -> second == 'e' ? at + 3 : at;
                    default -> at;
                };
        return kind(text, end, to) == LETTER ? at : end;
    }

    private static int endOfLetters(byte[] text, int at, int to) {
        int end = at;
        while (kind(text, end, to) == LETTER) {
            end += width(text[end]);
        }
        return end;
    }

    private static int endOfSigns(byte[] text, int at, int to) {
        int end = at;
        while (kind(text, end, to) == OTHER) {
            end += width(text[end]);
        }
        while (kind(text, end, to) == NEWLINE) {
            end++;
        }
        return end;
    }

    private static int endOfSpace(byte[] text, int at, int to) {
        int end = at;
        int last = at;
        int afterNewline = at;
        for (byte kind = kind(text, at, to); kind == SPACE || kind == NEWLINE; kind = kind(text, end, to)) {
            last = end;
            end += width(text[end]);
            if (kind == NEWLINE) {
                afterNewline = end;
            }
        }
        if (afterNewline > at) {
            return afterNewline;
        }
        // the last space before a word belongs to the word
        return end == to || last == at ? end : last;
    }

    private static byte kind(byte[] text, int at, int to) {
        if (at >= to) {
            return END;
        }
        byte first = text[at];
        return first >= 0 ? ASCII[first] : kindOf(codePoint(text, at));
    }

    private static byte kindOf(int c) {
        if (c == '\n' || c == '\r') {
            return NEWLINE;
        }
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.NON_SPACING_MARK,
                    Character.ENCLOSING_MARK,
                    Character.COMBINING_SPACING_MARK ->
                    LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
            default -> c >= '\t' && c <= '\r' || c == 0x85 ? SPACE : OTHER;
        };
    }

    /// Bytes of the character that starts with this byte. The text is valid UTF-8: its readers see to that.
    static int width(byte first) {
        return first >= 0 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3 : 4;
    }

    static int codePoint(byte[] text, int at) {
        int width = width(text[at]);
        int codePoint = width == 1 ? text[at] : text[at] & 0xff >> width + 1;
        for (int i = 1; i < width; i++) {
            codePoint = codePoint << 6 | text[at + i] & 0x3f;
        }
        return codePoint;
    }
}
