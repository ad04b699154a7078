package dev.pando.runtime.cli;

import com.sun.management.OperatingSystemMXBean;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.needle.Haystack;
import dev.pando.evaluation.needle.NeedleGrid;
import dev.pando.evaluation.needle.NeedlePrompts;
import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.settings.UserError;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Hides codes in long texts, and asks a model for them.
@Command(
        name = "needle",
        description = "Hides codes at all depths of texts of many lengths, and asks a model for them.",
        footer = {
            "",
            "  pando evaluate needle runs/quickstart --lengths 256,512,1k --repeats 2",
            "  pando evaluate needle models/internlm2 --lengths 4k..200k --haystack ~/held-out --items needle.jsonl"
        })
final class NeedleCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "MODEL|RUN", description = "A directory in Hugging Face's format, or a run's folder.")
    private Path place;

    @Option(
            names = "--lengths",
            paramLabel = "A..B|A,B",
            description = "Tokens of the prompts: 4k..200k doubles from 4,000 up to 200,000; a list says each.")
    private String lengths = "256..1k";

    @Option(names = "--depths", paramLabel = "N", description = "Depths of each length, evenly from 0 to 100 %%.")
    private int depths = 20;

    @Option(names = "--repeats", paramLabel = "N", description = "Needles of each length and depth.")
    private int repeats = 10;

    @Option(names = "--seed", paramLabel = "N", description = "Another one gives other needles and haystacks.")
    private long seed = 1;

    @Option(
            names = "--haystack",
            paramLabel = "FILE|DIR",
            description = "Text that the model has not seen; without it, sentences that Pando makes.")
    private Path haystack;

    @Option(
            names = "--ntk",
            paramLabel = "FACTOR",
            description =
                    "Dynamic NTK for a model whose config names no scaling of positions, as InternLM2's is; 0 for"
                            + " none.")
    private double ntk = 2;

    @Mixin private final EvaluationOptions options = new EvaluationOptions();

    @Override
    public Integer call() {
        Terminal terminal = Terminal.standard(spec.commandLine().getOut());
        options.check(spec);
        if (depths < 1 || depths > 101 || repeats < 1 || !(ntk >= 0)) {
            throw new ParameterException(
                    spec.commandLine(), "--depths is from 1 to 101, --repeats at least 1, and --ntk is not negative");
        }
        NeedleGrid grid = new NeedleGrid(NeedleGrid.lengths(lengths), depths, repeats, seed);
        Haystack hay = haystack == null ? Haystack.own() : Haystack.read(haystack);
        int context = grid.longest() + NeedlePrompts.ANSWER;
        OpenModel.Opening how =
                new OpenModel.Opening(
                        place,
                        EvaluateCommand.name(place, new HashSet<>()),
                        options.checkpoint(),
                        Optional.of(context),
                        ntk,
                        Optional.empty());
        try (OpenModel model = options.open(how)) {
            checkMemory(model.model(), context);
            Suite suite = Suite.needle(grid, hay, model.model());
            // the depths of one haystack share their beginnings: one worker takes them in turn
            new EvaluationSession(spec, terminal, options, depths).run(suite, List.of(model), Optional.of(grid));
        }
        return 0;
    }

    private void checkMemory(LanguageModel model, int positions) {
        double bytes = (double) model.bytesPerPosition() * positions * options.lanes();
        double machine = ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
        if (bytes > machine) {
            throw new UserError(
                    String.format(
                            Locale.ROOT,
                            "%d tokens need %.1f GiB for keys and values in each of %d workers, and this machine has"
                                    + " %.1f GiB in all; ask for shorter --lengths or fewer --workers",
                            positions,
                            bytes / options.lanes() / (1L << 30),
                            options.lanes(),
                            machine / (1L << 30)));
        }
    }
}
