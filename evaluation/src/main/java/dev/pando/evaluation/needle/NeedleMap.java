package dev.pando.evaluation.needle;

import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.run.ItemResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How well needles are found: mean scores over the repeats, for each length and depth.
///
/// @param lengths in tokens
/// @param depths in percent
/// @param exact share of exact answers, a row for each length
/// @param similarity mean edit similarity, likewise
public record NeedleMap(
        List<Integer> lengths, List<Integer> depths, List<List<Double>> exact, List<List<Double>> similarity) {
    private static final String SHADES = "·▁▂▃▄▅▆▇█";

    /// @param results in the order of the items
    public static NeedleMap of(NeedleGrid grid, List<Item> items, List<ItemResult> results) {
        double[][][] sums = new double[2][grid.lengths().size()][grid.depths()];
        for (int i = 0; i < items.size(); i++) {
            var fields = items.get(i).row().fields();
            int length = grid.lengths().indexOf(fields.get("length").asInt());
            int depth = grid.percents().indexOf(fields.get("depth").asInt());
            sums[0][length][depth] += results.get(i).score() / grid.repeats();
            sums[1][length][depth] += results.get(i).metrics().get(NeedleScorer.SIMILARITY) / grid.repeats();
        }
        return new NeedleMap(grid.lengths(), grid.percents(), rows(sums[0]), rows(sums[1]));
    }

    private static List<List<Double>> rows(double[][] sums) {
        List<List<Double>> rows = new ArrayList<>();
        for (double[] row : sums) {
            List<Double> cells = new ArrayList<>();
            for (double cell : row) {
                cells.add(cell);
            }
            rows.add(List.copyOf(cells));
        }
        return List.copyOf(rows);
    }

    /// A line for each length, a character for each depth: from a dot for none found to a full block for all.
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        String axis = "beginning" + " ".repeat(Math.max(1, depths.size() - 12)) + "end";
        lines.add(String.format(Locale.ROOT, "%9s  %s  %6s  %s", "tokens", pad(axis), "exact", "edit similarity"));
        for (int i = 0; i < lengths.size(); i++) {
            StringBuilder shades = new StringBuilder();
            exact.get(i).forEach(share -> shades.append(SHADES.charAt((int) Math.ceil(8 * share - 1e-9))));
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "%9d  %s  %6.1f  %6.1f",
                            lengths.get(i),
                            pad(shades.toString()),
                            100 * mean(exact.get(i)),
                            100 * mean(similarity.get(i))));
        }
        return lines;
    }

    private String pad(String text) {
        return text + " ".repeat(Math.max(0, Math.max(13, depths.size()) - text.length()));
    }

    private static double mean(List<Double> values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.size();
    }
}
