package dev.pando.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/// What a measure finds: one JSON object a line, said at once and kept, and figures to be drawn beside their goals.
public final class Findings {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 280;
    private static final int MARGIN = 50;

    private final String measure;
    private final String unit;
    private final Path folder;
    private final List<String> lines = new ArrayList<>();
    private final List<Double> figures = new ArrayList<>();
    private final SortedMap<Double, String> goals = new TreeMap<>();

    /// @param unit of what is drawn, as it follows a number
    /// @param folder for `figures.json` and `plot.svg`
    public Findings(String measure, String unit, Path folder) {
        this.measure = measure;
        this.unit = unit;
        this.folder = folder;
    }

    /// @param form of a JSON object, for [String#format]
    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency for one method
    public void say(String form, Object... values) {
        String line = String.format(Locale.ROOT, form, values);
        System.out.println(line);
        lines.add(line);
    }

    /// Findings of another process in the same run.
    public void quote(String line) {
        System.out.println(line);
        lines.add(line);
    }

    /// A bar of the plot.
    public void took(double figure) {
        figures.add(figure);
    }

    /// A line across the plot.
    public void goal(double figure, String name) {
        goals.put(figure, name);
    }

    public void write() throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("figures.json"), lines);
        Files.writeString(folder.resolve("plot.svg"), plot());
        System.out.println("written to " + folder);
    }

    /// Figures in the order of their size, so that median and tail can be read off.
    private String plot() {
        List<Double> sorted = figures.stream().sorted().toList();
        double most = Math.max(sorted.isEmpty() ? 1 : sorted.getLast(), goals.isEmpty() ? 0 : goals.lastKey()) * 1.05;
        StringBuilder svg = new StringBuilder();
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"sans-serif\" font-size=\"12\">%n",
                        WIDTH + 2 * MARGIN,
                        HEIGHT + 2 * MARGIN));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\">%s: %s, the smallest first</text>%n",
                        MARGIN,
                        MARGIN - 20,
                        measure,
                        unit));
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
        goals.forEach((goal, name) -> {
            double y = MARGIN + HEIGHT - HEIGHT * goal / most;
            svg.append(
                    String.format(
                            Locale.ROOT,
                            "<line x1=\"%d\" x2=\"%d\" y1=\"%.2f\" y2=\"%.2f\" stroke=\"#b2182b\"/>%n<text x=\"%d\""
                                    + " y=\"%.2f\" fill=\"#b2182b\">%s: %.2f %s</text>%n",
                            MARGIN,
                            MARGIN + WIDTH,
                            y,
                            y,
                            MARGIN + 4,
                            y - 4,
                            name,
                            goal,
                            unit));
        });
        svg.append(
                String.format(
                        Locale.ROOT,
                        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.2f %s</text>%n",
                        MARGIN + WIDTH,
                        MARGIN - 4,
                        most,
                        unit));
        return svg.append("</svg>\n").toString();
    }
}
