package dev.pando.checkpoint.format;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a checkpoint is called: its step, what it holds, and which of several of the same step.
///
/// The name follows from the contents, so a writer of the same state finds it there.
///
/// @param digest the first 12 hexadecimal digits of a hash over all it holds
/// @param copy 1, or more where there is another one of the same step: the highest is the newest
public record CheckpointName(long step, String digest, int copy) {
    private static final Pattern FORM = Pattern.compile("step-(\\d{10,18})-([0-9a-f]{12})(?:-(\\d{1,6}))?");

    public static boolean isOne(String name) {
        return FORM.matcher(name).matches();
    }

    /// The step in a name, or -1 if it is not one of ours.
    public static long stepOf(String name) {
        Matcher parts = FORM.matcher(name);
        return parts.matches() ? Long.parseLong(parts.group(1)) : -1;
    }

    /// The digest in a name, or nothing if it is not one of ours.
    public static String digestOf(String name) {
        Matcher parts = FORM.matcher(name);
        return parts.matches() ? parts.group(2) : "";
    }

    /// The number of a copy, see [#copy].
    public static int copyOf(String name) {
        Matcher parts = FORM.matcher(name);
        return parts.matches() && parts.group(3) != null ? Integer.parseInt(parts.group(3)) : 1;
    }

    @Override
    public String toString() {
        String name = String.format(Locale.ROOT, "step-%010d-%s", step, digest);
        return copy == 1 ? name : name + "-" + copy;
    }
}
