package dev.pando.data.rules;

import java.util.ArrayList;
import java.util.List;

/// A text cut into words and marks, as the published rules count them: `don't, he` is `don't` `,` `he`.
///
/// An ideograph is a word by itself. Marks side by side are one word, so that `...` is.
final class Words {
    private Words() {}

    static List<String> of(String text) {
        List<String> words = new ArrayList<>();
        int from = -1;
        boolean letters = false;
        for (int i = 0; i < text.length(); ) {
            int point = text.codePointAt(i);
            int length = Character.charCount(point);
            boolean ideograph = Character.isIdeographic(point);
            boolean letter = !ideograph && isPart(text, i, point);
            boolean space = Character.isWhitespace(point) || Character.isSpaceChar(point);
            if (from >= 0 && (space || ideograph || letter != letters)) {
                words.add(text.substring(from, i));
                from = -1;
            }
            if (ideograph) {
                words.add(text.substring(i, i + length));
            } else if (!space && from < 0) {
                from = i;
                letters = letter;
            }
            i += length;
        }
        if (from >= 0) {
            words.add(text.substring(from));
        }
        return words;
    }

    /// Letters, digits and their marks; an apostrophe, hyphen or point between two of them.
    private static boolean isPart(String text, int at, int point) {
        if (Character.isLetterOrDigit(point) || Character.getType(point) == Character.NON_SPACING_MARK) {
            return true;
        }
        boolean joins = point == '\'' || point == '’' || point == '-' || point == '.' || point == '_';
        return joins
                && at > 0
                && at + 1 < text.length()
                && Character.isLetterOrDigit(text.charAt(at - 1))
                && Character.isLetterOrDigit(text.charAt(at + 1));
    }

    static boolean hasLetter(String word) {
        return word.codePoints().anyMatch(Character::isLetter);
    }

    static boolean isMark(String word) {
        return word.codePoints().noneMatch(Character::isLetterOrDigit);
    }
}
