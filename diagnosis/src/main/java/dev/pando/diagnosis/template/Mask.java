package dev.pando.diagnosis.template;

import java.nio.charset.StandardCharsets;
import java.util.Set;

/// Replaces what varies in a log line, so that lines of one template become equal: numbers, times, addresses,
/// identifiers, paths, the values of keys.
///
/// One pass over the bytes, without a setting for each kind of log. A word is variable when it holds a digit, is a path
/// or a dotted name, is a truth value, names a day or a month, or stands behind `=`. Variables that only separators
/// part become one, so that a list of any length is one variable; a unit behind a number belongs to it.
final class Mask {
    /// What stands for a variable: a byte that no text holds.
    static final byte VARIABLE = 0x01;

    private static final boolean[] SEPARATES = new boolean[256];
    private static final boolean[] PARTS_VARIABLES = new boolean[256];
    private static final boolean[] OPENS = new boolean[256];
    private static final boolean[] ENDS_PATH = new boolean[256];
    private static final boolean[] DIGIT = new boolean[256];
    private static final boolean[] HEX = new boolean[256];
    private static final Set<String> WORDS =
            Set.of(
                    "true", "false", "null", "nil", "True", "False", "None", "NULL", "Mon", "Tue", "Wed", "Thu", "Fri",
                    "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
                    "PDT", "PST", "UTC", "GMT", "EST", "EDT", "CET", "CEST", "CST");
    private static final Set<String> UNITS =
            Set.of(
                    "ms", "s", "us", "ns", "sec", "secs", "sec.", "secs.", "second", "seconds", "min", "mins",
                    "minutes", "hours", "days", "b", "B", "byte", "bytes", "KB", "MB", "GB", "TB", "kB", "KiB", "MiB",
                    "GiB", "K", "M", "G", "%", "Hz", "MHz", "msec", "msecs");

    static {
        mark(SEPARATES, " \t=:,;()[]{}\"'|<>@#&!?");
        mark(PARTS_VARIABLES, "()[]{}\"'=<>");
        mark(OPENS, "\"'[{(<");
        mark(ENDS_PATH, " \t,;()[]{}\"'<>|");
        mark(DIGIT, "0123456789");
        mark(HEX, "0123456789abcdefABCDEF");
    }

    private byte[] out = new byte[1024];
    private int length;

    /// Where in the output the last variable ends while the next one would join it; else -1.
    private int joins;

    private boolean afterNumber;

    /// Masks a line; the result is in [#bytes], up to [#length].
    void of(byte[] line, int from, int to) {
        if (out.length < 2 * (to - from) + 8) {
            out = new byte[2 * (to - from) + 1024];
        }
        length = 0;
        joins = -1;
        afterNumber = false;
        boolean value = false;
        int at = from;
        while (at < to) {
            byte c = line[at];
            if (c >= 0 && SEPARATES[c]) {
                value = separator(c, value);
                at++;
                if (value && (c == '"' || c == '\'') && length > 1 && out[length - 2] == '=') {
                    at = quoted(line, at, to, c);
                    value = false;
                }
                continue;
            }
            int end = endOfWord(line, at, to);
            if (value && end < to && line[end] == '=' && length > 1 && out[length - 2] == '=') {
                out[length - 1] = VARIABLE; // a key without a value, and the next key
                out[length++] = ' ';
                joins = -1;
                value = false;
            }
            if (value && (c != '-' || end - at > 1) || isVariable(line, at, end)) {
                variable(value);
                afterNumber = !value;
                end = value ? endOfNested(line, end, to) : end;
            } else if (afterNumber && end - at <= 7 && UNITS.contains(text(line, at, end))) {
                length = joins < 0 ? length : joins; // the unit belongs to the number
            } else {
                word(line, at, end);
            }
            value = false;
            at = end;
        }
        if (value && length > 0 && out[length - 1] == '=') {
            variable(true);
        }
        while (length > 0 && out[length - 1] == ' ') {
            length--;
        }
    }

    /// Writes a separator; says whether what follows is the value of a key.
    private boolean separator(byte c, boolean value) {
        if (value && c != ' ' && c != '\t' && c != '=' && !OPENS[c] && out[length - 1] == '=') {
            variable(true); // a key without a value
        }
        byte shown = c == '\t' ? (byte) ' ' : c;
        if (shown != ' ' || length > 0 && out[length - 1] != ' ') {
            if (PARTS_VARIABLES[c]) {
                joins = -1;
            }
            afterNumber &= shown == ' ';
            out[length++] = shown;
        }
        return c == '=' || value && (shown == ' ' || OPENS[c]);
    }

    private void variable(boolean alone) {
        if (joins >= 0 && !alone) {
            length = joins;
            return;
        }
        out[length++] = VARIABLE;
        joins = length;
    }

    private void word(byte[] line, int from, int to) {
        System.arraycopy(line, from, out, length, to - from);
        length += to - from;
        joins = -1;
        afterNumber = false;
    }

    /// A quoted value of a key, spaces and all; without a closing quote nothing.
    private int quoted(byte[] line, int at, int to, byte quote) {
        for (int i = at; i < to; i++) {
            if (line[i] == quote) {
                variable(true);
                return i;
            }
        }
        return at;
    }

    /// Behind a value such as `Name{…}` its end.
    private static int endOfNested(byte[] line, int at, int to) {
        if (at >= to || line[at] != '{' && line[at] != '(' && line[at] != '[') {
            return at;
        }
        int depth = 0;
        for (int i = at; i < to; i++) {
            byte c = line[i];
            if (c == '{' || c == '(' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ')' || c == ']') && --depth == 0) {
                return i + 1;
            }
        }
        return at;
    }

    private static int endOfWord(byte[] line, int from, int to) {
        if (line[from] == '/' && from + 1 < to && line[from + 1] > ' ') {
            return endOfPath(line, from, to);
        }
        int address = endOfAddress(line, from, to);
        if (address > from) {
            return address;
        }
        int end = from;
        while (end < to && !(line[end] >= 0 && SEPARATES[line[end]])) {
            if (line[end] == '.' && end > from && end + 2 < to && line[end + 1] == '.' && line[end + 2] == '.') {
                return end; // dots that lead to a value
            }
            end++;
            if (end == from + 1 && line[from] == '.' && end < to && line[end] == '.') {
                while (end < to && line[end] == '.') {
                    end++;
                }
                return end;
            }
        }
        if (end + 2 < to && line[end] == ':' && line[end + 1] == '/' && line[end + 2] == '/') {
            return endOfPath(line, end, to);
        }
        return end;
    }

    private static int endOfPath(byte[] line, int from, int to) {
        int end = from;
        while (end < to && !(line[end] >= 0 && ENDS_PATH[line[end]])) {
            end++;
        }
        // not what ends a sentence
        while (end > from + 1 && (line[end - 1] == ':' || line[end - 1] == '.')) {
            end--;
        }
        return end;
    }

    /// Hex digits in groups that colons part, as a MAC or an IPv6 address or a time of day: its end, or the start.
    private static int endOfAddress(byte[] line, int from, int to) {
        int colons = 0;
        int group = 0;
        int i = from;
        for (; i < to; i++) {
            byte c = line[i];
            if (c >= 0 && HEX[c] && group < 4) {
                group++;
            } else if (c == ':') {
                colons++;
                group = 0;
            } else {
                break;
            }
        }
        boolean ends =
                i == to || line[i] >= 0 && SEPARATES[line[i]] || line[i] == '.' || line[i] == '%' || line[i] == '/';
        if (colons < 2 || !ends) {
            return from;
        }
        while (i > from && line[i - 1] == ':') {
            i--;
        }
        while (i < to && !(line[i] >= 0 && SEPARATES[line[i]])) {
            i++;
        }
        return i;
    }

    private static boolean isVariable(byte[] line, int from, int to) {
        int slashes = 0;
        int dots = 0;
        int colons = 0;
        boolean hex = to - from >= 8;
        for (int i = from; i < to; i++) {
            byte c = line[i];
            if (c >= 0 && DIGIT[c]) {
                return true;
            }
            if (c == '/' || c == '\\') {
                slashes++;
            } else if (c == ':') {
                colons++;
            } else if (c == '.' && i > from && i + 1 < to && line[i + 1] != '.' && line[i - 1] != '.') {
                dots++;
            }
            hex &= c >= 0 && HEX[c];
        }
        boolean path = (line[from] == '/' || line[from] == '.' || line[from] == '~') && slashes > 0 && to - from > 1;
        if (hex || path || slashes > 1 || colons > 0 || dots > 1) {
            return true;
        }
        return to - from >= 3 && to - from <= 5 && WORDS.contains(text(line, from, to));
    }

    private static String text(byte[] line, int from, int to) {
        return new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    }

    private static void mark(boolean[] table, String characters) {
        characters.chars().forEach(c -> table[c] = true);
    }

    byte[] bytes() {
        return out;
    }

    int length() {
        return length;
    }

    /// Whether a byte of a masked line parts words.
    static boolean separates(byte c) {
        return c >= 0 && SEPARATES[c];
    }
}
