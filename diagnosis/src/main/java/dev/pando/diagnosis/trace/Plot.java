package dev.pando.diagnosis.trace;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// One plot as SVG: cumulative curves over powers of ten, or pairs of bars.
final class Plot {
    private static final int WIDTH = 720;
    private static final int HEIGHT = 260;
    private static final int LEFT = 40;
    private static final int BOTTOM = 230;
    private static final int TOP = 30;
    private static final String[] COLOURS = {
        "#222", "#1b6ca8", "#c1440e", "#2a7f3f", "#8a4fb0", "#b58900", "#0f8b8d", "#a02c5d", "#6b6b6b"
    };

    private final String title;
    private final double decades;
    private final StringBuilder drawn = new StringBuilder();
    private final List<String> names = new ArrayList<>();
    private final List<double[]> pairs = new ArrayList<>();

    Plot(String title, double decades) {
        this.title = title;
        this.decades = decades;
    }

    double decades() {
        return decades;
    }

    /// A curve of points (exponent of ten, share).
    void curve(String name, List<double[]> points) {
        String colour = COLOURS[names.size() % COLOURS.length];
        drawn.append("<polyline fill=\"none\" stroke-width=\"1.6\" stroke=\"").append(colour).append("\" points=\"");
        for (double[] point : points) {
            if (!Double.isNaN(point[1])) {
                drawn.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(point[0]), y(point[1])));
            }
        }
        drawn.append("\"/>");
        drawn.append(text(WIDTH - 130, TOP + 15 * names.size(), name, colour));
        names.add(name);
    }

    /// A pair of bars under a label.
    void bars(String label, double first, double second) {
        names.add(label);
        pairs.add(new double[] {first, second});
    }

    /// The curves with their axes.
    String svg() {
        StringBuilder svg = open();
        for (int i = 0; i <= decades; i++) {
            svg.append(text(x(i) - 8, BOTTOM + 18, "10" + power(i), "#666"));
        }
        for (double share = 0; share <= 1.001; share += 0.25) {
            svg.append(text(4, y(share) + 4, String.format(Locale.ROOT, "%.2f", share), "#666"));
        }
        return svg.append(drawn).append("</svg>").toString();
    }

    /// The bars, the first of each pair dark and the second light.
    String barsSvg(String first, String second) {
        StringBuilder svg = open();
        double step = (WIDTH - LEFT - 10.0) / Math.max(1, pairs.size());
        for (int i = 0; i < pairs.size(); i++) {
            double left = LEFT + i * step;
            svg.append(bar(left, step * 0.4, pairs.get(i)[0], COLOURS[1]));
            svg.append(bar(left + step * 0.42, step * 0.4, pairs.get(i)[1], COLOURS[2]));
            svg.append(text(left, BOTTOM + 18, names.get(i), "#666"));
        }
        svg.append(text(WIDTH - 150, TOP, first, COLOURS[1]));
        return svg.append(text(WIDTH - 90, TOP, second, COLOURS[2])).append("</svg>").toString();
    }

    private StringBuilder open() {
        StringBuilder svg =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "<h3>%s</h3><svg viewBox=\"0 0 %d %d\">",
                                TraceReport.escape(title),
                                WIDTH,
                                HEIGHT));
        return svg.append(
                String.format(
                        Locale.ROOT,
                        "<path d=\"M%d %dV%dH%d\" stroke=\"#999\" fill=\"none\"/>",
                        LEFT,
                        TOP - 10,
                        BOTTOM,
                        WIDTH - 10));
    }

    private double x(double exponent) {
        return LEFT + exponent / decades * (WIDTH - LEFT - 150);
    }

    private static double y(double share) {
        return BOTTOM - share * (BOTTOM - TOP);
    }

    private static String bar(double left, double width, double share, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                left,
                y(share),
                width,
                BOTTOM - y(share),
                colour);
    }

    private static String text(double x, double y, String text, String colour) {
        return String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" font-size=\"11\" fill=\"%s\">%s</text>",
                x,
                y,
                colour,
                TraceReport.escape(text));
    }

    private static String power(int exponent) {
        StringBuilder digits = new StringBuilder();
        for (char digit : Integer.toString(exponent).toCharArray()) {
            digits.append("⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(digit - '0'));
        }
        return digits.toString();
    }
}
