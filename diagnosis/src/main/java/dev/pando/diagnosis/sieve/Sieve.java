package dev.pando.diagnosis.sieve;

import dev.pando.diagnosis.template.Templates;
import java.util.Arrays;

/// Tells routine lines from those that are worth reading, at the price of one pass over their bytes.
///
/// A line is read when its form is new, or when the first lines of that form told something. A form that told nothing
/// several times is routine: its lines are counted, and the last one is remembered by its number. So a log of any
/// length is read at the speed of its routine, and no line that a rule knows is lost.
public final class Sieve {
    /// Lines of a form that are read before it can be routine.
    private static final int READ = 3;

    /// Lines of a form that holds words of alarm, or texts of rules, and told nothing, before it is routine.
    private static final int WATCHED = 200;

    private final Templates templates = new Templates();
    private long[] counts = new long[1024];
    private long[] last = new long[1024];
    private long[] first = new long[1024];
    private int[] misses = new int[1024];
    private boolean[] tells = new boolean[1024];
    private boolean[] watched = new boolean[1024];
    private boolean[] steps = new boolean[1024];
    private int form;

    /// Whether the line is worth reading.
    public boolean isWorthReading(byte[] line, int length, long number) {
        form = templates.form(line, length);
        if (form >= counts.length) {
            grow();
        }
        if (counts[form]++ == 0) {
            first[form] = number;
        }
        last[form] = number;
        return tells[form] || misses[form] < (watched[form] ? WATCHED : READ);
    }

    /// What reading the line at hand brought.
    ///
    /// @param told a rule knew it
    /// @param alarming it holds texts of rules, or words of alarm
    public void judged(boolean told, boolean alarming) {
        tells[form] |= told;
        watched[form] |= alarming;
        misses[form]++;
    }

    /// Marks the form of the line at hand as that of steps: their numbers are read on.
    public void isStep() {
        steps[form] = true;
    }

    /// Whether lines of the form at hand tell of steps.
    public boolean tellsOfSteps() {
        return steps[form];
    }

    /// The form of the line at hand.
    int form() {
        return form;
    }

    /// Lines of a form so far.
    long count(int form) {
        return form < counts.length ? counts[form] : 0;
    }

    /// Number of the first line of a form.
    long firstLine(int form) {
        return first[form];
    }

    /// Number of the last line of a form.
    long lastLine(int form) {
        return last[form];
    }

    /// Forms that may have lines.
    int forms() {
        return counts.length;
    }

    private void grow() {
        int size = Math.max(form + 1, counts.length * 2);
        counts = Arrays.copyOf(counts, size);
        last = Arrays.copyOf(last, size);
        first = Arrays.copyOf(first, size);
        misses = Arrays.copyOf(misses, size);
        tells = Arrays.copyOf(tells, size);
        watched = Arrays.copyOf(watched, size);
        steps = Arrays.copyOf(steps, size);
    }
}
