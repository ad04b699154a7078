package dev.pando.diagnosis.template;

/// Finds where a line's message begins: behind the time, host, process, level and component that a logger writes first.
///
/// There is no setting for each kind of log. A header is told by its shape: it holds a time near its start, before
/// which only numbers, signs and names stand. Behind a level (`INFO`, `[notice]`, a single `W`) stands a component;
/// behind the time of a syslog stand a host and a tag. A line without such a time has no header.
final class Header {
    private static final int TOKENS = 14;
    private static final int LONGEST = 320;

    private static final Words LEVELS =
            Words.of(
                    "TRACE DEBUG INFO WARN WARNING ERROR FATAL NOTICE SEVERE CRITICAL FAILURE ALERT EMERG FINE CONFIG"
                            + " trace debug info warn warning error fatal notice critical alert emerg"
                            + " Trace Debug Info Warn Warning Error Fatal Notice Critical D I W E F V");
    private static final Words ALARMING =
            Words.of(
                    "WARN WARNING ERROR FATAL SEVERE CRITICAL FAILURE ALERT EMERG warn warning error fatal critical"
                            + " alert emerg Warn Warning Error Fatal Critical W E F");
    private static final Words CALENDAR =
            Words.of("Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec AM PM UTC GMT Z");

    private enum Kind {
        TIME,
        NUMBER,
        LEVEL,
        CALENDAR,
        GROUP,
        SIGN,
        NAME,
        WORD
    }

    private int start;
    private int stop;
    private boolean alarming;

    /// Where the message begins; 0 where the line has no header.
    int end(byte[] line, int length) {
        alarming = false;
        int limit = Math.min(length, LONGEST);
        int columns = columns(line, limit);
        if (columns > 0) {
            return columns;
        }
        int at = 0;
        int timeEnd = -1;
        boolean named = false;
        boolean onlyEpoch = false; // plain words before the time: a line of a machine, that begins with a number
        boolean numbered = false;
        for (int token = 0; token < TOKENS && next(line, at, limit); token++) {
            Kind kind = kind(line, length);
            numbered |= token == 0 && kind == Kind.NUMBER;
            if (timeEnd < 0 && kind == Kind.WORD && !isUpper(line)) {
                if (!numbered) {
                    return 0;
                }
                onlyEpoch = true;
            }
            if (kind == Kind.TIME && onlyEpoch && stop - start != 10) {
                kind = Kind.NUMBER;
            }
            if (kind == Kind.LEVEL && timeEnd >= 0 && stop < length) {
                return behindLevel(line, length);
            }
            if (kind == Kind.LEVEL && stop - start == 1) {
                return 0; // a single letter before any time
            }
            if (kind == Kind.TIME || kind == Kind.CALENDAR && !named) {
                timeEnd = kind == Kind.TIME || timeEnd >= 0 ? stop : timeEnd;
                named = false;
            } else if (timeEnd >= 0 && !named && (kind == Kind.NUMBER || kind == Kind.SIGN || kind == Kind.GROUP)) {
                timeEnd = stop;
            } else if (timeEnd >= 0) {
                int tag = onlyEpoch ? 0 : tagEnd(line, limit);
                if (tag > 0) {
                    return spaces(line, tag, length);
                }
                if (kind == Kind.WORD && (line[stop - 1] == ':' || named && !isUpper(line))) {
                    break;
                }
                named = true;
            }
            at = stop;
        }
        if (timeEnd < 0) {
            return 0;
        }
        return spaces(line, syslogHost(line, timeEnd, limit), length);
    }

    /// Behind columns that `|` parts without spaces: a time, a name and a process; 0 where the line has none.
    private int columns(byte[] line, int limit) {
        int from = 0;
        int times = 0;
        for (int i = 0; i < limit && line[i] != ' '; i++) {
            if (line[i] == '|') {
                boolean number = true;
                for (int j = from; j < i; j++) {
                    number &= line[j] >= '0' && line[j] <= '9';
                }
                if (times == 0 && !isTime(line, from, i, false)) {
                    return 0;
                }
                from = i + 1;
                if (times++ > 0 && number) {
                    return from;
                }
            }
        }
        return 0;
    }

    /// Whether the header's level asks for attention.
    boolean isAlarming() {
        return alarming;
    }

    private int behindLevel(byte[] line, int length) {
        alarming =
                ALARMING.holds(line, start, bare(line, stop))
                        || line[start] == '[' && ALARMING.holds(line, start + 1, stop - 1);
        int at = spaces(line, stop, length);
        at = groups(line, at, length);
        if (next(line, at, length)) {
            boolean column =
                    stop + 1 < length
                            && (line[stop] == ' ' && line[stop + 1] == ' ' || line[stop] == '\t')
                            && !hasDigit(line);
            boolean before =
                    stop + 2 < length
                            && line[stop] == ' '
                            && (line[stop + 1] == '[' || line[stop + 1] == '-' && line[stop + 2] == ' ');
            if (line[stop - 1] == ':' && isComponent(line, stop - 1) || column || before && isComponent(line, stop)) {
                at = groups(line, spaces(line, stop, length), length);
            }
        }
        return at;
    }

    /// Behind groups in brackets and the dash or colon that ends a header.
    private int groups(byte[] line, int from, int length) {
        int at = from;
        while (at < length && line[at] == '[') {
            int close = close(line, at, Math.min(length, at + LONGEST));
            if (close < 0) {
                return at;
            }
            at = spaces(line, close, length);
        }
        if (at + 1 < length && (line[at] == '-' || line[at] == ':') && line[at + 1] == ' ') {
            at = spaces(line, at + 1, length);
        }
        return at;
    }

    /// The end of a tag such as `kernel[0]:` or `launchd[1] (service):`, or 0 where the token is none.
    private int tagEnd(byte[] line, int limit) {
        boolean process = false;
        for (int i = start; i < stop; i++) {
            process |= line[i] == '[' && i > start;
        }
        if (line[stop - 1] == ':') {
            return process || isComponent(line, stop - 1) || isSyslogTag(line) ? stop : 0;
        }
        if (process && line[stop - 1] == ']' && stop + 1 < limit && line[stop + 1] == '(') {
            for (int i = stop + 2; i + 1 < limit; i++) {
                if (line[i] == ')') {
                    return line[i + 1] == ':' ? i + 2 : 0;
                }
            }
        }
        return 0;
    }

    /// A plain name with a colon is a tag only behind a syslog's time and host.
    private boolean isSyslogTag(byte[] line) {
        return isSyslog(line) && start > 16;
    }

    private static boolean isSyslog(byte[] line) {
        return line.length > 15 && CALENDAR.holds(line, 0, 3) && line[3] == ' ' && line[9] == ':' && line[12] == ':';
    }

    /// Behind a syslog's time its host belongs to the header, also where no tag follows.
    private int syslogHost(byte[] line, int timeEnd, int limit) {
        return isSyslog(line) && timeEnd == 15 && next(line, timeEnd, limit) ? stop : timeEnd;
    }

    private boolean isComponent(byte[] line, int to) {
        boolean letters = false;
        for (int i = start; i < to; i++) {
            byte c = line[i];
            boolean upper = c >= 'A' && c <= 'Z';
            letters |= upper || c >= 'a' && c <= 'z';
            if (c == '.' || c == '$' || c == '/' && i > start || c == '[' || upper && i > start && line[i - 1] >= 'a') {
                return letters;
            }
        }
        return false;
    }

    private Kind kind(byte[] line, int length) {
        int end = bare(line, stop);
        if (line[start] == '[') {
            boolean level = LEVELS.holds(line, start + 1, stop - 1);
            return level ? Kind.LEVEL : isTime(line, start + 1, stop - 1, true) ? Kind.TIME : Kind.GROUP;
        }
        if (LEVELS.holds(line, start, end)) {
            return end - start > 1 || stop < length && line[stop] == ' ' ? Kind.LEVEL : Kind.WORD;
        }
        if (CALENDAR.holds(line, start, end)) {
            return Kind.CALENDAR;
        }
        if (isTime(line, start, end, false)) {
            return Kind.TIME;
        }
        int digits = 0;
        int letters = 0;
        boolean joined = false;
        for (int i = start; i < end; i++) {
            byte c = line[i];
            digits += c >= '0' && c <= '9' ? 1 : 0;
            letters += c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c < 0 ? 1 : 0;
            joined |= (c == '.' || c == '_' || c == '-' || c == '/') && i > start && i + 1 < end;
        }
        if (letters == 0) {
            return digits > 0 ? Kind.NUMBER : Kind.SIGN;
        }
        return digits > 0 || joined ? Kind.NAME : Kind.WORD;
    }

    /// Digits that `:`, `-`, `/` or `.` part at least twice, or the seconds of an epoch.
    private static boolean isTime(byte[] line, int from, int to, boolean enclosed) {
        int digits = 0;
        int parts = 0;
        int run = 0;
        int longest = 0;
        for (int i = from; i < to; i++) {
            byte c = line[i];
            if (c >= '0' && c <= '9') {
                digits++;
                longest = Math.max(longest, ++run);
            } else {
                run = 0;
                boolean parting = c == ':' || c == '-' || c == '/' || c == '.' || c == ',' || c == '|';
                boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
                if (!parting && c != 'T' && c != 'Z' && c != '+' && (!enclosed || !letter && c != ' ')) {
                    return false;
                }
                parts += parting ? 1 : 0;
            }
        }
        if (digits == to - from) {
            boolean epoch = digits == 10 || digits == 13;
            return epoch && line[from] == '1' || digits == 6 && isDayAndTime(line, from);
        }
        return !isDotted(line, from, to) && parts >= 2 && digits >= 5 && longest <= 8
                || parts == 1 && digits == 4 && to - from == 5;
    }

    /// Two words of six digits at the start of a line: a day and a time.
    private static boolean isDayAndTime(byte[] line, int from) {
        if (from != 0 && from != 7 || line.length < 14 || line[6] != ' ' || line[13] != ' ') {
            return false;
        }
        for (int i = 0; i < 13; i++) {
            if (i != 6 && (line[i] < '0' || line[i] > '9')) {
                return false;
            }
        }
        return true;
    }

    /// Dots and commas alone part its digits, as in addresses and fractions.
    private static boolean isDotted(byte[] line, int from, int to) {
        for (int i = from; i < to; i++) {
            if (line[i] == ':' || line[i] == '-' || line[i] == '/') {
                return false;
            }
        }
        return true;
    }

    private boolean next(byte[] line, int from, int limit) {
        start = spaces(line, from, limit);
        if (start >= limit) {
            return false;
        }
        if (line[start] == '[') {
            int close = close(line, start, limit);
            stop = close > 0 ? close : endOfToken(line, start, limit);
            stop = stop < limit && line[stop] == ':' ? stop + 1 : stop;
        } else {
            stop = endOfToken(line, start, limit);
        }
        return true;
    }

    private static int endOfToken(byte[] line, int from, int limit) {
        int end = from;
        while (end < limit && line[end] != ' ' && line[end] != '\t') {
            end++;
        }
        return end;
    }

    private static int close(byte[] line, int from, int limit) {
        int depth = 0;
        for (int i = from; i < limit; i++) {
            depth += line[i] == '[' ? 1 : 0;
            if (line[i] == ']' && --depth == 0) {
                return i + 1;
            }
        }
        return -1;
    }

    private static int spaces(byte[] line, int from, int limit) {
        int at = from;
        while (at < limit && (line[at] == ' ' || line[at] == '\t')) {
            at++;
        }
        return at;
    }

    private int bare(byte[] line, int to) {
        int end = to;
        while (end > start + 1 && (line[end - 1] == ',' || line[end - 1] == ':')) {
            end--;
        }
        return end;
    }

    private boolean hasDigit(byte[] line) {
        for (int i = start; i < stop; i++) {
            if (line[i] >= '0' && line[i] <= '9') {
                return true;
            }
        }
        return false;
    }

    private boolean isUpper(byte[] line) {
        for (int i = start; i < bare(line, stop); i++) {
            if (line[i] < 'A' || line[i] > 'Z') {
                return false;
            }
        }
        return true;
    }
}
