package dev.pando.diagnosis.text;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reads the time that a line carries, in the shapes that training logs use.
///
/// The result counts seconds in the log's own zone, so only differences mean something. Shapes without a year are
/// counted in the year 2000.
public final class Stamp {
    /// A line without a time.
    public static final double NONE = Double.NaN;

    private static final int LOOKED_AT = 80;
    private static final Pattern ISO =
            Pattern.compile("(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})[T _](\\d{2}):(\\d{2}):(\\d{2})(?:[.,](\\d{1,9}))?");
    private static final Pattern SYSLOG =
            Pattern.compile(
                    "\\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\\d{1,2}) (\\d{2}):(\\d{2}):(\\d{2})");
    private static final Pattern GLOG =
            Pattern.compile("\\[?[IWEF](\\d{1,2})(\\d{2}) (\\d{2}):(\\d{2}):(\\d{2})(?:\\.(\\d+))?");
    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private Stamp() {}

    /// Seconds, or [#NONE].
    public static double seconds(String line) {
        String head = line.length() > LOOKED_AT ? line.substring(0, LOOKED_AT) : line;
        if (head.indexOf(':') < 0) {
            return NONE;
        }
        Matcher iso = ISO.matcher(head);
        if (iso.find()) {
            return at(n(iso, 1), n(iso, 2), n(iso, 3), n(iso, 4), n(iso, 5), n(iso, 6), iso.group(7));
        }
        Matcher syslog = SYSLOG.matcher(head);
        if (syslog.find()) {
            int month = MONTHS.indexOf(syslog.group(1)) / 3 + 1;
            return at(2000, month, n(syslog, 2), n(syslog, 3), n(syslog, 4), n(syslog, 5), null);
        }
        Matcher glog = GLOG.matcher(head);
        return glog.find() ? at(2000, n(glog, 1), n(glog, 2), n(glog, 3), n(glog, 4), n(glog, 5), glog.group(6)) : NONE;
    }

    private static int n(Matcher found, int group) {
        return Integer.parseInt(found.group(group));
    }

    private static double at(int year, int month, int day, int hour, int minute, int second, String fraction) {
        try {
            double whole = LocalDateTime.of(year, month, day, hour, minute, second).toEpochSecond(ZoneOffset.UTC);
            return whole + (fraction == null ? 0 : Double.parseDouble("0." + fraction));
        } catch (DateTimeException e) {
            return NONE; // digits that only look like a time
        }
    }
}
