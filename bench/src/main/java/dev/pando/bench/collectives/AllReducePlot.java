package dev.pando.bench.collectives;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/// Draws speed over size, one panel for each number of processes, as SVG that any browser shows.
final class AllReducePlot {
    private static final int WIDTH = 330;
    private static final int HEIGHT = 300;
    private static final int MARGIN = 50;
    private static final List<String> COLOURS =
            List.of("#1b7837", "#5aae61", "#999999", "#762a83", "#d6604d", "#4393c3", "#b2182b", "#2166ac");
    private static final double LEAST = 1e-3; // GB/s
    private static final double MOST = 200;

    private AllReducePlot() {}

    /// @param speeds GB/s by number of processes, name and bytes
    static String draw(SortedMap<Integer, Map<String, SortedMap<Long, Double>>> speeds, List<String> names) {
        StringBuilder svg = new StringBuilder();
        int width = MARGIN + speeds.size() * (WIDTH + MARGIN);
        int height = HEIGHT + 2 * MARGIN + 18 * names.size();
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"sans-serif\" font-size=\"12\">%n",
                        width,
                        height));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        int panel = 0;
        for (Map.Entry<Integer, Map<String, SortedMap<Long, Double>>> entry : speeds.entrySet()) {
            int left = MARGIN + panel++ * (WIDTH + MARGIN);
            frame(svg, left, entry.getKey());
            entry.getValue().forEach((name, bySize) -> line(svg, left, bySize, colour(names.indexOf(name))));
        }
        for (int at = 0; at < names.size(); at++) {
            int y = HEIGHT + 2 * MARGIN + 18 * at - 10;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<rect x=\"%d\" y=\"%d\" width=\"20\" height=\"4\" fill=\"%s\"/>%n",
                            MARGIN,
                            y,
                            colour(at)));
            svg.append(
                    String.format(
                            Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", MARGIN + 28, y + 6, names.get(at)));
        }
        return svg.append("</svg>\n").toString();
    }

    private static void frame(StringBuilder svg, int left, int world) {
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\">%d processes: bytes of the span / time, GB/s</text>%n",
                        left,
                        MARGIN - 14,
                        world));
        for (double speed = LEAST; speed < MOST; speed *= 10) {
            double y = y(speed);
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#dddddd\"/>%n",
                            left,
                            left + WIDTH,
                            y,
                            y));
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
                            left - 4,
                            y + 4,
                            speed < 1
                                    ? String.format(Locale.ROOT, "%.3g", speed).replaceAll("0+$", "")
                                    : String.format(Locale.ROOT, "%.0f", speed)));
        }
        for (long bytes = 4 << 10; bytes <= 256 << 20; bytes *= 16) {
            String label = bytes < 1 << 20 ? (bytes >> 10) + " K" : (bytes >> 20) + " M";
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
                            x(left, bytes),
                            MARGIN + HEIGHT + 16,
                            label));
        }
    }

    private static void line(StringBuilder svg, int left, SortedMap<Long, Double> bySize, String colour) {
        StringBuilder points = new StringBuilder();
        bySize.forEach((bytes, speed) -> {
            if (speed <= MOST) {
                points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(left, bytes), y(speed)));
            }
        });
        svg.append(
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>%n"
                        .formatted(colour, points.toString().strip()));
    }

    private static double x(int left, long bytes) {
        return left + WIDTH * Math.log(bytes / 4096.0) / Math.log((256 << 20) / 4096.0);
    }

    private static double y(double speed) {
        double share = Math.log(Math.max(speed, LEAST) / LEAST) / Math.log(MOST / LEAST);
        return MARGIN + HEIGHT * (1 - share);
    }

    private static String colour(int index) {
        return COLOURS.get(index % COLOURS.size());
    }
}
