package dev.pando.runtime.cli.view;

/// A curve in a few letters, of any number of points in little memory: where there is no room for more, two become one.
final class Sparkline {
    private static final String LETTERS = "▁▂▃▄▅▆▇█";
    private static final int ROOM = 256;
    private static final int LEAST = 4;

    private final double[] means = new double[ROOM];
    private int full;
    private int pointsPerMean = 1;
    private int pending;

    void add(double value) {
        if (full == ROOM) {
            for (int i = 0; i < ROOM / 2; i++) {
                means[i] = (means[2 * i] + means[2 * i + 1]) / 2;
            }
            full = ROOM / 2;
            pointsPerMean *= 2;
        }
        means[full] = (pending == 0 ? 0 : means[full]) + value / pointsPerMean;
        if (++pending == pointsPerMean) {
            pending = 0;
            full++;
        }
    }

    /// Empty while there is too little to see.
    String text(int most) {
        int letters = Math.min(most, full / 2);
        if (letters < LEAST) {
            return "";
        }
        double[] heights = new double[letters];
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int letter = 0; letter < letters; letter++) {
            int from = letter * full / letters;
            int to = (letter + 1) * full / letters;
            for (int i = from; i < to; i++) {
                heights[letter] += means[i] / (to - from);
            }
            low = Math.min(low, heights[letter]);
            high = Math.max(high, heights[letter]);
        }
        StringBuilder line = new StringBuilder();
        for (double height : heights) {
            line.append(LETTERS.charAt((int) Math.round((height - low) / Math.max(1e-12, high - low) * 7)));
        }
        return line.toString();
    }
}
