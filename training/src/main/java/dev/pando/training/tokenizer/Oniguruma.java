package dev.pando.training.tokenizer;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Translates the regular expressions of tokenizer files, so that Java matches what Hugging Face's engine matches.
///
/// That engine is Oniguruma with Ruby's syntax on UTF-8. The same text means something else in Java in several places:
/// `^` and `$` work on lines, `\h` is a hexadecimal digit, `\v` one character, `\w` and `\b` follow other tables, and
/// `[:alpha:]` is a class. What has no exact translation here is refused by name.
// Long because a grammar is read in one pass, each construct beside the others.
final class Oniguruma {
    /// A construct that has no exact translation.
    static final class Untranslatable extends Exception {
        private static final long serialVersionUID = 1;

        Untranslatable(String construct) {
            super(construct);
        }
    }

    /// A set of characters: what stands between the brackets of a Java class, and whether all others are meant.
    private record CharacterSet(String members, boolean negated) {
        CharacterSet negate() {
            return new CharacterSet(members, !negated);
        }

        String alone() {
            return (negated ? "[^" : "[") + members + "]";
        }
    }

    private static final String WORD = "\\p{IsAlphabetic}\\p{M}\\p{Nd}\\p{Pc}";

    /// Outside of a class Oniguruma takes Latin-1 from a table in which these numbers are parts of words, too.
    private static final String WORD_ALONE = WORD + "\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}";

    private static final Map<String, String> POSIX =
            Map.of(
                    "alnum", "\\p{IsAlphabetic}\\p{Nd}",
                    "alpha", "\\p{IsAlphabetic}",
                    "blank", "\\p{Zs}\\t",
                    "cntrl", "\\p{Cc}",
                    "digit", "\\p{Nd}",
                    "lower", "\\p{IsLowercase}",
                    "space", "\\p{IsWhite_Space}",
                    "upper", "\\p{IsUppercase}",
                    "word", WORD,
                    "xdigit", "0-9A-Fa-f");
    private static final Set<String> CATEGORIES =
            Set.of(
                    "c cc cf co cs l ll lm lo lt lu m mc me mn n nd nl no p pc pd pe pf pi po ps s sc sk sm so z zl zp zs"
                            .split(" "));
    private static final Map<String, String> LONG_CATEGORIES =
            Map.of(
                    "letter", "l",
                    "mark", "m",
                    "number", "n",
                    "punctuation", "p",
                    "symbol", "s",
                    "separator", "z",
                    "decimalnumber", "nd",
                    "uppercaseletter", "lu",
                    "lowercaseletter", "ll",
                    "othernumber", "no");

    /// Two letters that one character may stand for where case does not count: ß, ﬀ, ﬁ, ﬂ, ﬆ.
    private static final Set<String> LIGATURES = Set.of("ss", "ff", "fi", "fl", "st");

    /// Always true. Java looks behind by whole characters only where the pattern holds one of two halves.
    private static final String WIDE_LOOKBEHIND = "(?<!(?!)\ud800\udc00)";

    private final String source;
    private final StringBuilder java = new StringBuilder();
    private int at;

    /// Depth of the outermost group without regard to case that is open; 0: none is.
    private int caselessDepth;

    private int depth;
    private char previousLetter;

    private Oniguruma(String source) {
        this.source = source;
    }

    /// The pattern of Java that matches what Oniguruma matches.
    ///
    /// @throws Untranslatable naming the construct
    static Pattern compile(String source) throws Untranslatable {
        Oniguruma translation = new Oniguruma(source);
        translation.translate();
        try {
            // one kind of line end, as there; the anchors of lines are always those of lines
            int flags = Pattern.MULTILINE | Pattern.UNIX_LINES | Pattern.UNICODE_CASE;
            String java = translation.java.toString();
            return Pattern.compile(java.contains("(?<") ? java + WIDE_LOOKBEHIND : java, flags);
        } catch (PatternSyntaxException refused) {
            throw new Untranslatable(source);
        }
    }

    /// An expression that matches this text and nothing else.
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder();
        text.codePoints()
                .forEach(c -> {
                    if (c < 128 && !Character.isLetterOrDigit(c) && c > ' ') {
                        quoted.append('\\');
                    }
                    quoted.appendCodePoint(c);
                });
        return quoted.toString();
    }

    private void translate() throws Untranslatable {
        boolean caseless = source.startsWith("(?i)");
        if (caseless) {
            at = 4;
            java.append("(?i:");
            depth = caselessDepth = 1;
        }
        while (at < source.length()) {
            int start = at;
            int c = source.codePointAt(at);
            at += Character.charCount(c);
            char letter = 0;
            switch (c) {
                case '\\' -> escape();
                case '[' -> java.append(characterClass());
                case '(' -> open();
                case ')' -> close();
                case '*', '+', '?' -> repeat(String.valueOf((char) c));
                case '{' -> interval();
                case '^', '$', '.', '|' -> java.append((char) c);
                default -> {
                    letter = c < 128 ? (char) c : 0;
                    literal(c, start);
                }
            }
            previousLetter = letter;
        }
        if (caseless) {
            java.append(')');
        }
    }

    private void literal(int c, int start) throws Untranslatable {
        if (caselessDepth > 0) {
            String pair = ("" + previousLetter + (char) c).toLowerCase(Locale.ROOT);
            require(c < 128 && !LIGATURES.contains(pair), "case-insensitive " + source.substring(start, at));
        }
        java.append(spelled(c));
    }

    private static String spelled(int c) {
        return c < 128 && Character.isLetterOrDigit(c) || c == ' ' || c == '\''
                ? String.valueOf((char) c)
                : String.format(Locale.ROOT, "\\x{%X}", c);
    }

    private void open() throws Untranslatable {
        depth++;
        if (!source.startsWith("?", at)) {
            java.append("(?:"); // nothing refers to groups
            return;
        }
        for (String group : new String[] {"?:", "?=", "?!", "?<=", "?<!", "?>"}) {
            if (source.startsWith(group, at)) {
                at += group.length();
                java.append('(').append(group);
                return;
            }
        }
        require(source.startsWith("?i:", at), "group (" + source.substring(at, Math.min(source.length(), at + 3)));
        at += 3;
        java.append("(?i:");
        if (caselessDepth == 0) {
            caselessDepth = depth;
        }
    }

    private void close() throws Untranslatable {
        require(depth > 0, ")");
        if (depth == caselessDepth) {
            caselessDepth = 0;
        }
        depth--;
        java.append(')');
    }

    /// A quantifier, greedy, lazy or possessive; a quantifier of a quantifier is refused.
    private void repeat(String quantifier) throws Untranslatable {
        java.append(quantifier);
        if (at < source.length() && (source.charAt(at) == '?' || source.charAt(at) == '+')) {
            java.append(source.charAt(at++));
        }
        noQuantifier();
    }

    private void interval() throws Untranslatable {
        int end = source.indexOf('}', at);
        String bounds = end < 0 ? "" : source.substring(at, end);
        if (!bounds.matches("[0-9]+|[0-9]+,[0-9]*|,[0-9]+")) {
            java.append("\\{");
            return;
        }
        at = end + 1;
        java.append('{').append(bounds.startsWith(",") ? "0" : "").append(bounds).append('}');
        // {n}? is optional there and lazy here; {n,m}+ repeats there and is possessive here
        if (at < source.length() && source.charAt(at) == '?') {
            require(bounds.contains(","), "{" + bounds + "}?");
            java.append(source.charAt(at++));
        }
        noQuantifier();
    }

    private void noQuantifier() throws Untranslatable {
        boolean another = at < source.length() && "*+?".indexOf(source.charAt(at)) >= 0;
        require(!another, "repeated quantifier before position " + at);
    }

    private void escape() throws Untranslatable {
        require(at < source.length(), "\\ at the end");
        char c = source.charAt(at);
        switch (c) {
            case 'b', 'B' -> {
                at++;
                String word = "[" + WORD_ALONE + "]";
                String both =
                        c == 'b'
                                ? "(?:(?<=%1$s)(?!%1$s)|(?<!%1$s)(?=%1$s))"
                                : "(?:(?<=%1$s)(?=%1$s)|(?<!%1$s)(?!%1$s))";
                java.append(String.format(Locale.ROOT, both, word));
            }
            case 'A', 'z', 'Z' -> {
                at++;
                java.append('\\').append(c);
            }
            default -> {
                CharacterSet set = setEscape();
                if (set != null) {
                    require(caselessDepth == 0, "case-insensitive \\" + c);
                    boolean word = set.members().equals(WORD);
                    java.append((word ? new CharacterSet(WORD_ALONE, set.negated()) : set).alone());
                } else {
                    int start = at - 1;
                    literal(characterEscape(), start);
                }
            }
        }
    }

    /// What `\s`, `\p{L}` and their like mean; null, and nothing read, where another escape stands here.
    private CharacterSet setEscape() throws Untranslatable {
        char c = source.charAt(at);
        String members =
                switch (Character.toLowerCase(c)) {
                    case 's' -> POSIX.get("space");
                    case 'd' -> POSIX.get("digit");
                    case 'w' -> WORD;
                    case 'h' -> POSIX.get("xdigit");
                    case 'p' -> "";
                    default -> null;
                };
        if (members == null) {
            return null;
        }
        at++;
        CharacterSet set = members.isEmpty() ? property() : new CharacterSet(members, false);
        return Character.isUpperCase(c) ? set.negate() : set;
    }

    private CharacterSet property() throws Untranslatable {
        int end = source.indexOf('}', at);
        require(source.startsWith("{", at) && end > 0, "\\p without braces");
        String name = source.substring(at + 1, end);
        at = end + 1;
        boolean negated = name.startsWith("^");
        return new CharacterSet(members(negated ? name.substring(1) : name), negated);
    }

    private static String members(String name) throws Untranslatable {
        String key = name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
        String category = LONG_CATEGORIES.getOrDefault(key, key);
        if (CATEGORIES.contains(category)) {
            return "\\p{" + category.substring(0, 1).toUpperCase(Locale.ROOT) + category.substring(1) + "}";
        }
        if (POSIX.containsKey(key)) {
            return POSIX.get(key);
        }
        try {
            return "\\p{script=" + Character.UnicodeScript.forName(name) + "}";
        } catch (IllegalArgumentException unknown) {
            throw new Untranslatable("\\p{" + name + "}");
        }
    }

    /// A single character that is written by an escape, outside or inside of a class.
    private int characterEscape() throws Untranslatable {
        int c = source.codePointAt(at);
        at += Character.charCount(c);
        return switch (c) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 'f' -> '\f';
            case 'v' -> 0x0b;
            case 'a' -> 0x07;
            case 'e' -> 0x1b;
            case 'x' -> hexadecimal();
            case 'u' -> digits(4, 4);
            default -> {
                require(c > 127 || !Character.isLetterOrDigit(c), "\\" + (char) c);
                yield c;
            }
        };
    }

    private int hexadecimal() throws Untranslatable {
        if (source.startsWith("{", at)) {
            int end = source.indexOf('}', at);
            require(end > at + 1 && end < at + 8, "\\x{");
            at++;
            int c = digits(end - at, end - at);
            at++;
            return c;
        }
        int c = digits(2, 2);
        require(c < 0x80, "\\x of a byte above 7F");
        return c;
    }

    private int digits(int least, int most) throws Untranslatable {
        int end = at;
        while (end < source.length() && end < at + most && Character.digit(source.charAt(end), 16) >= 0) {
            end++;
        }
        require(end - at >= least, "a code of fewer than " + least + " digits");
        int c = Integer.parseInt(source, at, end, 16);
        require(Character.isValidCodePoint(c) && (c < 0xd800 || c > 0xdfff), "a code that is no character");
        at = end;
        return c;
    }

    /// Reads a class up to its bracket.
    private String characterClass() throws Untranslatable {
        int start = at - 1;
        StringBuilder members = new StringBuilder("[");
        boolean negated = source.startsWith("^", at);
        if (negated) {
            members.append('^');
            at++;
        }
        int last = -1; // a single character that a range may begin with
        boolean first = true;
        while (first || !source.startsWith("]", at)) {
            require(at < source.length(), "a class without end");
            require(!source.startsWith("&&", at), "&& in a class");
            CharacterSet set = setInClass(negated);
            if (set != null) {
                members.append(set.negated() ? set.alone() : set.members());
                last = -1;
            } else if (source.startsWith("-", at) && last >= 0 && !source.startsWith("-]", at)) {
                at++;
                require(setInClass(negated) == null, "a range that ends in a class");
                int end = characterInClass();
                require(end >= last, "a range that runs backwards");
                members.append('-').append(spelled(end));
                last = -1;
            } else {
                require(!source.startsWith("-", at) || first || source.startsWith("-]", at), "- inside of a class");
                last = characterInClass();
                members.append(spelled(last));
            }
            first = false;
        }
        at++;
        if (caselessDepth > 0) {
            String text = source.substring(start, at);
            require(!negated && text.matches("\\[[a-zA-Z0-9]+]"), "case-insensitive " + text);
        }
        return members.append(']').toString();
    }

    private CharacterSet setInClass(boolean inNegated) throws Untranslatable {
        CharacterSet set = null;
        if (source.startsWith("[:", at)) {
            int end = source.indexOf(":]", at);
            require(end > 0, "[: in a class");
            String name = source.substring(at + 2, end);
            boolean negated = name.startsWith("^");
            String members = POSIX.get(negated ? name.substring(1) : name);
            require(members != null, "[:" + name + ":]");
            at = end + 2;
            set = new CharacterSet(members, negated);
        } else if (source.startsWith("\\", at)) {
            require(at + 1 < source.length(), "\\ at the end");
            at++;
            set = setEscape();
            if (set == null) {
                at--;
            }
        } else {
            require(!source.startsWith("[", at), "a class in a class");
        }
        if (set != null && set.negated()) {
            return withoutNesting(set, inNegated);
        }
        return set;
    }

    /// Java takes a class within a negated class for something else, so there a negated set must be one property.
    private static CharacterSet withoutNesting(CharacterSet set, boolean inNegated) throws Untranslatable {
        if (set.members().matches("\\\\p\\{[^}]*}")) {
            return new CharacterSet("\\P" + set.members().substring(2), false);
        }
        require(!inNegated, "a negated set in a negated class");
        return set;
    }

    private int characterInClass() throws Untranslatable {
        int c = source.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\') {
            return c;
        }
        if (source.startsWith("b", at)) {
            at++;
            return '\b';
        }
        return characterEscape();
    }

    private static void require(boolean holds, String construct) throws Untranslatable {
        if (!holds) {
            throw new Untranslatable(construct);
        }
    }
}
