package dev.pando.runtime.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.actors.job.Stopwatch;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.prepare.Preparation;
import dev.pando.data.prepare.Prepared;
import dev.pando.data.recipe.Recipe;
import dev.pando.data.score.Classifier;
import dev.pando.data.score.ClassifierTraining;
import dev.pando.runtime.cli.view.Terminal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/// Commands on whole corpora: prepare one by a recipe, look into it, train a classifier for a step.
final class CorpusCommands {
    private CorpusCommands() {}

    @Command(
            name = "prepare",
            description = {
                "Prepares a corpus by a recipe: sources, steps, token shards, a report.",
                "Outputs of steps are kept by content: a run that was killed goes on, and a later step that changed"
                        + " costs only itself and what follows. The hash is the same for any number of workers."
            })
    static final class Prepare extends DataCommand.Step {
        private static final double EVERY_SECONDS = 0.2;

        @Parameters(
                paramLabel = "RECIPE",
                description = "HOCON under pando.data.corpus, such as examples/data/text.conf.")
        private Path recipe;

        @Option(
                names = "--workers",
                paramLabel = "N",
                description = "Threads of this machine; one a core if not given.")
        private int workers;

        private double shownAt = -1;

        @Override
        public Integer call() {
            Recipe read = read();
            Terminal terminal = Terminal.standard(out());
            Stopwatch stopwatch = Stopwatch.system();
            long began = stopwatch.nanos();
            long[] stepBegan = {began};
            String[] step = {""};
            Prepared corpus =
                    new Preparation(
                                    read,
                                    threads(workers),
                                    (label, done, tasks, documents) -> {
                                        double now = seconds(stopwatch, began);
                                        if (!label.equals(step[0])) {
                                            step[0] = label;
                                            stepBegan[0] = stopwatch.nanos();
                                        }
                                        if (terminal.live() && (now - shownAt > EVERY_SECONDS || done == tasks)) {
                                            shownAt = now;
                                            draw(label, done, tasks, documents, seconds(stopwatch, stepBegan[0]));
                                        }
                                    })
                            .run();
            if (terminal.live()) {
                out().print("\r\033[K");
            }
            tell(corpus.troubles());
            corpus.lines().forEach(out()::println);
            out().println("report " + corpus.folder().resolve("report.html"));
            return 0;
        }

        /// A recipe that cannot be is a misuse, not a failure.
        private Recipe read() {
            try {
                return Recipe.load(recipe);
            } catch (PipelineException wrong) {
                throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
            }
        }

        private void draw(String label, int done, int tasks, long documents, double taken) {
            String left =
                    done == 0 || done == tasks
                            ? ""
                            : String.format(Locale.ROOT, ", %.0f s left", taken * (tasks - done) / done);
            out().print(
                            String.format(
                                    Locale.ROOT,
                                    "\r\033[K%-20s %d/%d tasks, %,d documents%s",
                                    label,
                                    done,
                                    tasks,
                                    documents,
                                    left));
            out().flush();
        }

        private static double seconds(Stopwatch stopwatch, long since) {
            return (stopwatch.nanos() - since) / 1e9;
        }
    }

    @Command(name = "inspect", description = "Shows what a prepared corpus holds, and what each step removed.")
    static final class Inspect extends DataCommand.Step {
        @Parameters(paramLabel = "OUT", description = "The out folder of a recipe, or one of its results.")
        private Path corpus;

        @Option(names = "--json", description = "Writes corpus.json.")
        private boolean json;

        @Override
        public Integer call() {
            Prepared prepared = Prepared.open(corpus);
            if (json) {
                out().println(prepared.json().toPrettyString());
            } else {
                prepared.lines().forEach(out()::println);
            }
            return 0;
        }
    }

    @Command(
            name = "report",
            description =
                    "Says where a prepared corpus' report lies: funnel, reasons with examples, lengths, duplicates.")
    static final class Report extends DataCommand.Step {
        @Parameters(paramLabel = "OUT", description = "The out folder of a recipe, or one of its results.")
        private Path corpus;

        @Override
        public Integer call() {
            out().println(Prepared.open(corpus).folder().resolve("report.html"));
            return 0;
        }
    }

    @Command(
            name = "why",
            description = {
                "Says why a document is, or is not, in a prepared corpus: step, rule, value and limit.",
                "Exits with 1 where no document has the id."
            })
    static final class Why extends DataCommand.Step {
        private static final int EXCERPT = 300;

        @Parameters(index = "0", paramLabel = "OUT", description = "The out folder of a recipe, or one of its results.")
        private Path corpus;

        @Parameters(index = "1", paramLabel = "ID", description = "The document's id: its own, its url, or its file.")
        private String id;

        @Override
        public Integer call() {
            List<ObjectNode> found = Prepared.open(corpus).why(id);
            if (found.isEmpty()) {
                spec.commandLine()
                        .getErr()
                        .println("no document of " + corpus + " has the id " + id + ", kept or removed");
                return 1;
            }
            for (ObjectNode document : found) {
                JsonNode dropped = document.path("dropped");
                String text = document.path("text").asText();
                if (dropped.isMissingNode()) {
                    out().println(id + ": kept, of source " + document.path("source").asText());
                } else {
                    out().println(
                                    id
                                            + ": removed at "
                                            + document.path("at").asText()
                                            + ": "
                                            + dropped.path("rule").asText()
                                            + ", value "
                                            + dropped.path("value").asText()
                                            + ", limit "
                                            + dropped.path("limit").asText()
                                            + (document.has("kept") ? ", for " + document.path("kept").asText() : ""));
                }
                ObjectNode rest = document.deepCopy();
                rest.remove(List.of("text", "dropped"));
                out().println("  " + rest);
                out().println("  " + text.substring(0, Math.min(EXCERPT, text.length())).replace("\n", "\n  "));
            }
            return 0;
        }
    }

    @Command(name = "sample", description = "Shows some documents of a prepared corpus: the same for the same --seed.")
    static final class Sample extends DataCommand.Step {
        @Parameters(paramLabel = "OUT", description = "The out folder of a recipe, or one of its results.")
        private Path corpus;

        @Option(
                names = "--removed-at",
                paramLabel = "STEP",
                defaultValue = "",
                description = "Documents that a step removed, such as 4-near.")
        private String step;

        @Option(
                names = "--count",
                paramLabel = "N",
                defaultValue = "10",
                description = "How many; ${DEFAULT-VALUE} if not given.")
        private int count;

        @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Another seed shows others.")
        private long seed;

        @Override
        public Integer call() {
            require(count > 0, "--count must be at least 1, not " + count);
            Prepared.open(corpus)
                    .sample(step, count, seed)
                    .forEach(document -> out().print(new String(JsonLines.line(document), StandardCharsets.UTF_8)));
            out().flush();
            return 0;
        }
    }

    @Command(name = "diff", description = "Says which documents one prepared corpus has and another has not, and why.")
    static final class Diff extends DataCommand.Step {
        @Parameters(index = "0", paramLabel = "OUT", description = "One corpus.")
        private Path one;

        @Parameters(index = "1", paramLabel = "OTHER", description = "The other.")
        private Path other;

        @Override
        public Integer call() {
            Prepared.open(one).differences(Prepared.open(other)).forEach(out()::println);
            return 0;
        }
    }

    @Command(
            name = "train-classifier",
            description = {
                "Trains a classifier of texts from JSON lines with text and label, for the step score.",
                "Linear over hashed n-grams; the same texts give the same model. A tenth is held out, and its AUC is"
                        + " shown."
            })
    static final class TrainClassifier extends DataCommand.Step {
        @Parameters(arity = "1..*", paramLabel = "FILE", description = "JSON lines; .gz, .zst and .xz too.")
        private List<Path> files;

        @Option(
                names = {"-o", "--out"},
                required = true,
                paramLabel = "MODEL",
                description = "Where to.")
        private Path to;

        @Option(
                names = "--positive",
                paramLabel = "LABEL",
                defaultValue = "1",
                description = "The label that it finds; ${DEFAULT-VALUE} if not given.")
        private String positive;

        @Option(
                names = "--buckets",
                paramLabel = "N",
                defaultValue = "262144",
                description = "N-grams are hashed into so many, a power of two; ${DEFAULT-VALUE} if not given.")
        private int buckets;

        @Option(
                names = "--passes",
                paramLabel = "N",
                defaultValue = "8",
                description = "Passes over the texts; ${DEFAULT-VALUE} if not given.")
        private int passes;

        @Option(
                names = "--rate",
                paramLabel = "R",
                defaultValue = "1",
                description = "Learning rate of the first pass; ${DEFAULT-VALUE} if not given.")
        private double rate;

        @Option(
                names = "--decay",
                paramLabel = "D",
                defaultValue = "1e-6",
                description = "Decay of weights; ${DEFAULT-VALUE} if not given.")
        private double decay;

        @Override
        public Integer call() {
            files.forEach(this::requireFile);
            Troubles troubles = new Troubles();
            var settings = new ClassifierTraining.Settings(positive, buckets, passes, rate, decay);
            Classifier classifier = new ClassifierTraining(settings, troubles).run(files);
            classifier.save(to);
            tell(troubles);
            JsonNode about = classifier.about();
            out().println(
                            about.path("trained_on").asText()
                                    + " texts, "
                                    + about.path("positives").asText()
                                    + " of them "
                                    + positive
                                    + "; held out "
                                    + about.path("held_out").asText()
                                    + ", AUC "
                                    + (about.path("auc").isNull()
                                            ? "unknown: too few texts of one kind"
                                            : String.format(Locale.ROOT, "%.4f", about.path("auc").asDouble())));
            for (JsonNode line : about.path("thresholds")) {
                out().println(
                                String.format(
                                        Locale.ROOT,
                                        "  above %.1f: precision %.3f, recall %.3f",
                                        line.path("threshold").asDouble(),
                                        line.path("precision").asDouble(),
                                        line.path("recall").asDouble()));
            }
            return 0;
        }
    }
}
