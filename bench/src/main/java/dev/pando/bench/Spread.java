package dev.pando.bench;

import java.util.Arrays;
import java.util.Locale;

/// A figure of a noisy machine: its median, and between what it lay four times out of five.
public record Spread(double low, double median, double high) {
    public static Spread of(double... samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return new Spread(quantile(sorted, 0.1), quantile(sorted, 0.5), quantile(sorted, 0.9));
    }

    public static double median(double... samples) {
        return of(samples).median;
    }

    /// Between the two samples next to it, in proportion.
    private static double quantile(double[] sorted, double fraction) {
        double at = fraction * (sorted.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }

    /// @param format of one number, as in `%.2f`
    public String text(String format) {
        return String.format(Locale.ROOT, format + " (" + format + "–" + format + ")", median, low, high);
    }
}
