package dev.pando.runtime.cli.view;

import java.util.Locale;

/// Numbers and times as a person says them.
public final class Words {
    private Words() {}

    /// `850 ms`, `4.2 s`, `2 min 41 s`, `3 h 5 min`
    static String duration(double seconds) {
        if (seconds < 0.9995) {
            return Math.max(1, Math.round(seconds * 1000)) + " ms";
        }
        long whole = Math.round(seconds);
        if (whole < 60) {
            return seconds < 9.95 ? String.format(Locale.ROOT, "%.1f s", seconds) : whole + " s";
        }
        if (whole < 3600) {
            return whole / 60 + " min" + (whole % 60 == 0 ? "" : " " + whole % 60 + " s");
        }
        long minutes = Math.round(seconds / 60);
        return minutes / 60 + " h" + (minutes % 60 == 0 ? "" : " " + minutes % 60 + " min");
    }

    /// `0:42`, `12:05`, `1:00:07`
    static String clock(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    /// `950`, `4.8k`, `6.4M`, `19.9B`
    public static String count(double number) {
        String[] units = {"", "k", "M", "B", "T"};
        int unit = 0;
        while (number >= 999.5 && unit < units.length - 1) {
            number /= 1000;
            unit++;
        }
        return unit == 0 || number >= 99.95
                ? Math.round(number) + units[unit]
                : String.format(Locale.ROOT, "%.1f%s", number, units[unit]);
    }

    /// A word as a shell takes it from the clipboard: `runs/notes`, `'my runs/notes'`.
    public static String pasted(Object word) {
        String text = word.toString();
        return text.matches("[\\w./:=,@%+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    /// `1 fault`, `3 faults`
    public static String counted(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
