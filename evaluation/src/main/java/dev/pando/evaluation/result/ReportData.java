package dev.pando.evaluation.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.run.ItemResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// All that the report's page draws.
///
/// @param versions what computed it
/// @param command how to have it again
/// @param cut items of each task that the page carries at most
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ReportData(
        String versions,
        String command,
        List<ModelScore> models,
        List<Comparison> comparisons,
        List<Entry> items,
        int cut) {
    private static final int MOST_ITEMS = 300;
    private static final int MOST_TEXT = 1200;

    /// An item as it is browsed.
    ///
    /// @param prompt the end of what the model was shown
    /// @param answers one for each model
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Entry(
            String task,
            String id,
            String group,
            String prompt,
            List<String> choices,
            List<Object> gold,
            List<Given> answers) {}

    /// What one model answered.
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Given(
            @JsonInclude(JsonInclude.Include.ALWAYS) double score,
            @JsonInclude(JsonInclude.Include.ALWAYS) int picked,
            List<Double> likelihoods,
            String text,
            String answer,
            String why) {}

    /// @param results of each model, in the order of the items
    public static ReportData of(
            String versions,
            String command,
            List<ModelScore> models,
            List<Comparison> comparisons,
            List<Item> items,
            List<List<ItemResult>> results) {
        List<Entry> entries = new ArrayList<>();
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < items.size(); i++) {
            Item item = items.get(i);
            if (counts.merge(item.task().name(), 1, Integer::sum) <= MOST_ITEMS) {
                List<Given> answers = new ArrayList<>();
                for (List<ItemResult> each : results) {
                    answers.add(given(each.get(i)));
                }
                entries.add(
                        new Entry(
                                item.task().name(),
                                item.id(),
                                item.group(),
                                tail(item.shown()),
                                item.choices().stream().map(ReportData::head).toList(),
                                results.getFirst().get(i).gold(),
                                answers));
            }
        }
        return new ReportData(versions, command, models, comparisons, entries, MOST_ITEMS);
    }

    private static Given given(ItemResult result) {
        return new Given(
                result.score(),
                result.picked(),
                result.likelihoods(),
                head(String.join("\n\n— — —\n\n", result.texts())),
                head(result.answer()),
                result.why());
    }

    private static String head(String text) {
        return text.length() <= MOST_TEXT ? text : text.substring(0, MOST_TEXT) + " …";
    }

    private static String tail(String text) {
        return text.length() <= MOST_TEXT ? text : "… " + text.substring(text.length() - MOST_TEXT);
    }
}
