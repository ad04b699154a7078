package dev.pando.runtime.cli;

import dev.pando.data.code.RepositoryOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Troubles;
import dev.pando.data.near.NearDuplicates;
import dev.pando.data.read.Budget;
import dev.pando.data.read.Extraction;
import dev.pando.data.rules.Filtering;
import dev.pando.data.rules.RuleBook;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Prepares corpora, step by step. Its module is optional: an embedder without it has no such command.
@Command(
        name = "data",
        description = "Prepares corpora: whole ones by a recipe, or step by step.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            CorpusCommands.Prepare.class,
            CorpusCommands.Inspect.class,
            CorpusCommands.Report.class,
            CorpusCommands.Why.class,
            CorpusCommands.Sample.class,
            CorpusCommands.Diff.class,
            CorpusCommands.TrainClassifier.class,
            DataCommand.Extract.class,
            DataCommand.Dedup.class,
            DataCommand.Filter.class,
            DataCommand.Order.class
        })
public final class DataCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    /// Whether the module that does the work is on the class path.
    static boolean isAvailable() {
        return DataCommand.class.getClassLoader().getResource("dev/pando/data/read/Extraction.class") != null;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }

    /// What the steps share: how they say what was broken, and how many threads they take.
    abstract static class Step implements Callable<Integer> {
        @Spec CommandSpec spec;

        static int threads(int asked) {
            return asked > 0 ? asked : Math.max(1, Runtime.getRuntime().availableProcessors());
        }

        final void require(boolean holds, String sentence) {
            if (!holds) {
                throw new ParameterException(spec.commandLine(), sentence);
            }
        }

        final void requireFile(Path file) {
            require(Files.isReadable(file), file + " cannot be read: name an existing file");
        }

        final void tell(Troubles troubles) {
            PrintWriter err = spec.commandLine().getErr();
            troubles.lines().forEach(err::println);
            err.flush();
        }

        final PrintWriter out() {
            return spec.commandLine().getOut();
        }
    }

    @Command(
            name = "extract",
            description = {
                "Finds the main text of pages: HTML files and web archives (WARC, WET), packed or not.",
                "Writes one JSON object a page: file or url, title, text. What is broken is counted and named on"
                        + " stderr."
            })
    static final class Extract extends Step {
        @Parameters(arity = "1..*", paramLabel = "FILE", description = "HTML, WARC or WET; .gz, .zst and .xz too.")
        private List<Path> files;

        @Option(
                names = {"-o", "--out"},
                paramLabel = "FILE",
                description = "Where to; stdout if not given. Packed as its name ends.")
        private Path to;

        @Option(
                names = "--nodes",
                paramLabel = "N",
                description = "Nodes of one page that are looked at; ${DEFAULT-VALUE} if not given.",
                defaultValue = "400000")
        private int nodes;

        @Option(
                names = "--bytes",
                paramLabel = "N",
                description = "Bytes of one page, unpacked, that are looked at; ${DEFAULT-VALUE} if not given.",
                defaultValue = "33554432")
        private int bytes;

        @Override
        public Integer call() {
            files.forEach(this::requireFile);
            require(
                    nodes > 0 && bytes > 0 && bytes < 1 << 30,
                    "--nodes and --bytes must be above 0, --bytes below 2^30");
            Troubles troubles = new Troubles();
            Budget budget = new Budget(nodes, bytes);
            if (to == null) {
                PrintWriter out = out();
                Extraction.run(
                        files,
                        budget,
                        troubles,
                        page -> out.print(new String(JsonLines.line(page), StandardCharsets.UTF_8)));
                out.flush();
            } else {
                try (JsonLines.Writer out = new JsonLines.Writer(to)) {
                    Extraction.run(files, budget, troubles, out::write);
                    out.finish();
                }
            }
            tell(troubles);
            return 0;
        }
    }

    @Command(
            name = "dedup",
            description = {
                "Removes near-duplicates from a file of JSON objects with id, text and date.",
                "Looks at documents from the newest to the oldest (date, then id), and removes one that resembles a"
                        + " kept one. Resemblance is the Jaccard similarity of their sets of word 5-grams: 128 MinHashes in"
                        + " 25 bands of 5 find candidates, and the sets decide."
            })
    static final class Dedup extends Step {
        @Parameters(paramLabel = "IN", description = "JSON lines; .gz, .zst and .xz too.")
        private Path in;

        @Option(names = "--out", required = true, paramLabel = "KEPT", description = "What is kept, as it was.")
        private Path kept;

        @Option(
                names = "--removed",
                required = true,
                paramLabel = "REMOVED",
                description = "What is removed; `kept` is the id of the kept one, `jaccard` how much they are alike.")
        private Path removed;

        @Option(
                names = "--threshold",
                paramLabel = "J",
                defaultValue = "0.7",
                description = "From which similarity on; ${DEFAULT-VALUE} if not given.")
        private double threshold;

        @Option(names = "--threads", paramLabel = "N", description = "Threads; one a core if not given.")
        private int threads;

        @Override
        public Integer call() {
            requireFile(in);
            require(threshold > 0 && threshold <= 1, "--threshold must be above 0 and at most 1, not " + threshold);
            Troubles troubles = new Troubles();
            NearDuplicates.Outcome outcome =
                    new NearDuplicates(threshold, threads(threads), troubles).run(in, kept, removed);
            tell(troubles);
            out().println(
                            String.format(
                                    Locale.ROOT,
                                    "%d documents: %d kept, %d removed, %d of them with the same 5-grams as the kept"
                                            + " one",
                                    outcome.documents(),
                                    outcome.kept(),
                                    outcome.removed(),
                                    outcome.exact()));
            return 0;
        }
    }

    @Command(
            name = "filter",
            description = {
                "Removes documents that break a rule, from a file of JSON objects with text.",
                "A removed one says the rule, its value and the limit. Rules and limits: pando.data.rules in the"
                        + " module's reference.conf."
            })
    static final class Filter extends Step {
        @Parameters(paramLabel = "IN", description = "JSON lines; .gz, .zst and .xz too.")
        private Path in;

        @Option(names = "--out", required = true, paramLabel = "KEPT", description = "What is kept.")
        private Path kept;

        @Option(names = "--removed", required = true, paramLabel = "REMOVED", description = "What is removed.")
        private Path removed;

        @Option(names = "--rules", paramLabel = "FILE", description = "HOCON: which rules and limits differ.")
        private Path rules;

        @Option(names = "--values", description = "Writes the value of every rule into every object, as `rules`.")
        private boolean values;

        @Option(names = "--threads", paramLabel = "N", description = "Threads; one a core if not given.")
        private int threads;

        @Override
        public Integer call() {
            requireFile(in);
            Troubles troubles = new Troubles();
            RuleBook book = rules == null ? RuleBook.standard() : RuleBook.of(rules);
            Filtering.Outcome outcome = new Filtering(book, threads(threads), values, troubles).run(in, kept, removed);
            tell(troubles);
            out().println(outcome.documents() + " documents: " + outcome.kept() + " kept");
            outcome.removed().forEach((rule, count) -> out().println("  " + rule + " removed " + count));
            return 0;
        }
    }

    @Command(
            name = "order",
            description = {
                "Orders the files of a repository so that what is imported comes first.",
                "Writes one JSON object a file, in order: path, language, imports. Knows C, C++, Go, Java, JavaScript,"
                        + " Kotlin, Python, Rust and TypeScript."
            })
    static final class Order extends Step {
        @Parameters(paramLabel = "REPOSITORY", description = "Its folder, or an archive: zip, jar, tar.")
        private Path repository;

        @Option(
                names = {"-o", "--out"},
                paramLabel = "FILE",
                description = "Where to; stdout if not given. Packed as its name ends.")
        private Path to;

        @Option(names = "--markdown", paramLabel = "FILE", description = "All files in order, as one document.")
        private Path markdown;

        @Override
        public Integer call() {
            require(Files.exists(repository), repository + " does not exist: name a folder or an archive of sources");
            Troubles troubles = new Troubles();
            RepositoryOrder order = new RepositoryOrder(repository, troubles);
            if (to == null && markdown == null) {
                order.objects().forEach(file -> out().print(new String(JsonLines.line(file), StandardCharsets.UTF_8)));
                out().flush();
            }
            if (to != null) {
                try (JsonLines.Writer out = new JsonLines.Writer(to)) {
                    order.objects().forEach(out::write);
                    out.finish();
                }
            }
            if (markdown != null) {
                try (JsonLines.Writer out = new JsonLines.Writer(markdown)) {
                    out.write(order.markdown().getBytes(StandardCharsets.UTF_8));
                    out.finish();
                }
            }
            tell(troubles);
            return 0;
        }
    }
}
