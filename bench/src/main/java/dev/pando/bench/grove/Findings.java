package dev.pando.bench.grove;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a measure finds: one JSON object a line, said at once and kept, and seconds to be drawn beside their goals.
final class Findings {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 280;
    private static final int MARGIN = 50;

    private final String measure;
    private final Path folder;
    private final List<String> lines = new ArrayList<>();
    private final List<Double> seconds = new ArrayList<>();
    private final SortedMap<Double, String> goals = new TreeMap<>();

    /// @param folder for `figures.json` and `plot.svg`
    Findings(String measure, Path folder) {
        this.measure = measure;
        this.folder = folder;
    }

    /// @param form of a JSON object, for [String#format]
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency for one method
    void say(String form, Object... values) {
        String line = String.format(Locale.ROOT, form, values);
        System.out.println(line);
        lines.add(line);
    }

    /// What somebody else found in the same run.
    void quote(String line) {
        System.out.println(line);
        lines.add(line);
    }

    /// A bar of the plot.
    void took(double time) {
        seconds.add(time);
    }

    /// A line across the plot.
    void goal(double time, String name) {
        goals.put(time, name);
    }

    void write() throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("figures.json"), lines);
        Files.writeString(folder.resolve("plot.svg"), plot());
        System.out.println("written to " + folder);
    }

    /// Seconds in the order of their length, so that median and tail can be read off.
    private String plot() {
        List<Double> sorted = seconds.stream().sorted().toList();
        double most = Math.max(sorted.isEmpty() ? 1 : sorted.getLast(), goals.isEmpty() ? 0 : goals.lastKey()) * 1.05;
        StringBuilder svg = new StringBuilder();
        svg.append(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">%n"
                        .formatted(WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.append(
                "<text x=\"%d\" y=\"%d\">%s: seconds, the shortest first</text>%n"
                        .formatted(MARGIN, MARGIN - 20, measure));
        double step = (double) WIDTH / Math.max(1, sorted.size());
        for (int i = 0; i < sorted.size(); i++) {
            double height = HEIGHT * sorted.get(i) / most;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"#1b7837\"/>%n",
                            MARGIN + i * step,
                            MARGIN + HEIGHT - height,
                            Math.max(0.5, step * 0.9),
                            height));
        }
        goals.forEach((time, name) -> {
            double y = MARGIN + HEIGHT - HEIGHT * time / most;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<line x1=\"%d\" x2=\"%d\" y1=\"%.2f\" y2=\"%.2f\" stroke=\"#b2182b\"/>%n<text x=\"%d\""
                                    + " y=\"%.2f\" fill=\"#b2182b\">%s: %.2f s</text>%n",
                            MARGIN,
                            MARGIN + WIDTH,
                            y,
                            y,
                            MARGIN + 4,
                            y - 4,
                            name,
                            time));
        });
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.2f s</text>%n",
                        MARGIN + WIDTH,
                        MARGIN - 4,
                        most));
        return svg.append("</svg>\n").toString();
    }
}
