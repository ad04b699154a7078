package dev.pando.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.needle.NeedleGrid;
import dev.pando.evaluation.needle.NeedleMap;
import dev.pando.evaluation.result.Comparison;
import dev.pando.evaluation.result.ModelScore;
import dev.pando.evaluation.result.ReportData;
import dev.pando.evaluation.result.ScoreTable;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.run.Journal;
import dev.pando.runtime.cli.view.EvaluationProgress;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.report.Version;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/// One evaluation from the first question to the report: progress, table, and the files that were asked for.
final class EvaluationSession {
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final CommandSpec spec;
    private final Terminal terminal;
    private final EvaluationOptions options;
    private final int batch;
    private final List<ModelScore> scores = new ArrayList<>();
    private final List<List<ItemResult>> results = new ArrayList<>();
    private final List<Comparison> comparisons = new ArrayList<>();

    /// @param batch items that a worker takes at a time
    EvaluationSession(CommandSpec spec, Terminal terminal, EvaluationOptions options, int batch) {
        this.spec = spec;
        this.terminal = terminal;
        this.options = options;
        this.batch = batch;
    }

    /// @param grid of a needle test, for its map; empty: the suite is none
    void run(Suite suite, List<OpenModel> models, Optional<NeedleGrid> grid) {
        ask(suite, models);
        terminal.out().println();
        Optional<NeedleMap> map = grid.map(each -> NeedleMap.of(each, suite.items(), results.getFirst()));
        map.map(NeedleMap::lines).orElseGet(() -> ScoreTable.lines(scores)).forEach(terminal.out()::println);
        comparisons.forEach(comparison -> {
            terminal.out().println();
            ScoreTable.lines(comparison).forEach(terminal.out()::println);
        });
        options.json().ifPresent(file -> write(file, map));
        ReportData data =
                ReportData.of(
                        Version.line(),
                        "pando " + String.join(" ", arguments()),
                        scores,
                        comparisons,
                        suite.items(),
                        results);
        EvaluationReport.write(options.report(), map.map(data::with).orElse(data));
        terminal.out().println();
        terminal.out().println("report: " + options.report());
        terminal.out().flush();
    }

    private void ask(Suite suite, List<OpenModel> models) {
        List<LanguageModel> asked = new ArrayList<>();
        models.forEach(each -> asked.add(each.model()));
        try (Journal journal =
                options.items().map(file -> Journal.open(file, asked, suite.tasks())).orElseGet(Journal::inMemory)) {
            for (OpenModel model : models) {
                EvaluationProgress progress = new EvaluationProgress(terminal, model.model().name(), suite);
                Suite.Outcome outcome = suite.ask(model.model(), journal, options.workers(model), batch, progress);
                progress.end();
                scores.add(outcome.score());
                results.add(outcome.results());
            }
            journal.finish(results.stream().flatMap(List::stream).toList());
        }
        for (List<ItemResult> other : results.subList(1, results.size())) {
            comparisons.add(Comparison.of(suite.tasks(), results.getFirst(), other));
        }
    }

    private List<String> arguments() {
        CommandSpec root = spec;
        while (root.parent() != null) {
            root = root.parent();
        }
        return root.commandLine().getParseResult().originalArgs();
    }

    private void write(Path file, Optional<NeedleMap> map) {
        ObjectNode root = JSON.createObjectNode();
        root.put("pando", Version.pando());
        root.set("models", JSON.valueToTree(scores));
        root.set("comparisons", JSON.valueToTree(comparisons));
        map.ifPresent(each -> root.set("needle", JSON.valueToTree(each)));
        try {
            EvaluationReport.put(file, JSON.writeValueAsString(root) + "\n");
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }
}
