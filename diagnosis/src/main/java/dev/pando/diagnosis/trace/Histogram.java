package dev.pando.diagnosis.trace;

/// Counts of numbers in buckets that each are 1/16 of a power of two wide: quantiles of any number of values in one
/// kilobyte or so, to within 3 %.
final class Histogram {
    private static final int PARTS = 16;
    private static final int BUCKETS = 48 * PARTS;

    private final long[] counts = new long[BUCKETS + 1];
    private long count;
    private double sum;
    private double largest;

    void add(double value) {
        if (Double.isNaN(value)) {
            return;
        }
        double real = Math.max(0, value);
        counts[bucket(real)]++;
        count++;
        sum += real;
        largest = Math.max(largest, real);
    }

    long count() {
        return count;
    }

    double mean() {
        return count == 0 ? Double.NaN : sum / count;
    }

    double largest() {
        return largest;
    }

    /// The value below which a share of all lies, or NaN.
    double quantile(double share) {
        if (count == 0) {
            return Double.NaN;
        }
        long wanted = (long) Math.ceil(share * count);
        long seen = 0;
        for (int i = 0; i <= BUCKETS; i++) {
            seen += counts[i];
            if (seen >= Math.max(1, wanted)) {
                return Math.min(middle(i), largest);
            }
        }
        return largest;
    }

    /// Share of values of at most this one.
    double atMost(double value) {
        long seen = 0;
        int last = bucket(value);
        for (int i = 0; i <= last; i++) {
            seen += counts[i];
        }
        return count == 0 ? Double.NaN : (double) seen / count;
    }

    private static int bucket(double value) {
        if (value < 1) {
            return 0;
        }
        int exponent = Math.getExponent(value);
        double mantissa = value / Math.scalb(1.0, exponent) - 1;
        return Math.min(BUCKETS, 1 + exponent * PARTS + (int) (mantissa * PARTS));
    }

    private static double middle(int bucket) {
        if (bucket == 0) {
            return 0;
        }
        int exponent = (bucket - 1) / PARTS;
        int part = (bucket - 1) % PARTS;
        // whole numbers below the width of a bucket are exact
        double low = Math.scalb(1 + part / (double) PARTS, exponent);
        double width = Math.scalb(1.0 / PARTS, exponent);
        return width <= 1 ? Math.ceil(low) : low + width / 2;
    }
}
