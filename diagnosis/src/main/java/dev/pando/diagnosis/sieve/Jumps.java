package dev.pando.diagnosis.sieve;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Finds steps whose loss jumps, straight from a line's bytes.
final class Jumps {
    private static final byte[] LOSS = "loss".getBytes(StandardCharsets.US_ASCII);
    private static final int WINDOW = 32;
    private static final double RISE = 1.4;
    private static final double DIFFERENCE = 0.3;

    private final double[] recent = new double[WINDOW];
    private final double[] sorted = new double[WINDOW];
    private int count;
    private double median = Double.NaN;

    /// Whether a line holds a loss.
    boolean isStep(byte[] line, int length) {
        return !Double.isNaN(loss(line, length));
    }

    /// Whether the line's loss is far above the usual one, or is no number.
    boolean isOne(byte[] line, int length) {
        double loss = loss(line, length);
        if (Double.isNaN(loss)) {
            return false;
        }
        boolean jump = loss > RISE * median && loss - median > DIFFERENCE || Double.isInfinite(loss);
        recent[count++ % WINDOW] = loss;
        if (count % 8 == 0) { // a median of some steps ago does
            int n = Math.min(count, WINDOW);
            System.arraycopy(recent, 0, sorted, 0, n);
            Arrays.sort(sorted, 0, n);
            median = sorted[n / 2];
        }
        return jump;
    }

    private static double loss(byte[] line, int length) {
        for (int at = 0; at + LOSS.length < length; at++) {
            if (line[at] == 'l' && line[at + 1] == 'o' && line[at + 2] == 's' && line[at + 3] == 's') {
                double value = number(line, at + LOSS.length, length);
                if (!Double.isNaN(value)) {
                    return value;
                }
            }
        }
        return Double.NaN;
    }

    private static double number(byte[] line, int from, int length) {
        int at = from;
        while (at < length
                && at < from + 4
                && (line[at] == ' ' || line[at] == ':' || line[at] == '=' || line[at] == '\'' || line[at] == '"')) {
            at++;
        }
        int end = at;
        while (end < length
                && end < at + 24
                && (line[end] >= '0' && line[end] <= '9'
                        || line[end] == '.'
                        || line[end] == '-'
                        || line[end] == '+'
                        || line[end] == 'e'
                        || line[end] == 'E')) {
            end++;
        }
        if (end == at || line[at] < '0' || line[at] > '9') {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(new String(line, at, end - at, StandardCharsets.US_ASCII));
        } catch (NumberFormatException e) {
            return Double.NaN; // digits of something else
        }
    }
}
