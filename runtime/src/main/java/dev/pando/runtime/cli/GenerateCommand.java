package dev.pando.runtime.cli;

import dev.pando.runtime.cli.view.Terminal;
import dev.pando.runtime.model.TrainedModel;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Stack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Lets the model of a run go on with texts.
@Command(
        name = "generate",
        description = "Continues texts with the model of a run. The same model, prompt and seed give the same text.",
        footer = {
            "",
            "  pando generate runs/quickstart --prompt 'public final class'",
            "  pando generate runs/quickstart --prompt '# What' --temperature 0 --tokens 200"
        })
public final class GenerateCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "The run's folder. The run may still be training.")
    private Path run;

    @Option(
            names = "--checkpoint",
            paramLabel = "STEP",
            description = "A checkpoint by its step or name; without it, the newest.")
    private String checkpoint;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            parameterConsumer = GenerateCommand.FreeText.class,
            description = "A text to continue. May be given again; without it, the prompts of the run's config.")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--tokens", paramLabel = "N", description = "Most tokens to write.")
    private Integer tokens;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0: always the likeliest token; 1: by the model's probabilities.")
    private Double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Chooses among the likeliest tokens whose probabilities add up to P.")
    private Double topP;

    @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same text.")
    private Long seed;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try (TrainedModel model = TrainedModel.open(run, Optional.ofNullable(checkpoint))) {
            Settings.Sample how = how(model.sample());
            List<String> asked = prompts.isEmpty() ? how.prompts() : prompts;
            if (asked.isEmpty()) {
                throw new UserError("no text to continue: write --prompt TEXT");
            }
            Terminal terminal = Terminal.standard(out);
            for (String prompt : asked) {
                out.print(terminal.bold(prompt));
                model.generate(
                        prompt,
                        how,
                        piece -> {
                            out.print(piece);
                            out.flush();
                        });
                out.println();
                out.flush();
            }
            return 0;
        }
    }

    private Settings.Sample how(Settings.Sample config) {
        try {
            return new Settings.Sample(
                    config.prompts(),
                    tokens != null ? tokens : config.tokens(),
                    temperature != null ? temperature : config.temperature(),
                    topP != null ? topP : config.topP(),
                    seed != null ? seed : config.seed());
        } catch (IllegalArgumentException refused) {
            throw new UserError("--" + refused.getMessage(), refused);
        }
    }

    /// Takes a text as it is, also one that looks like an option.
    static final class FreeText implements IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> arguments, ArgSpec option, CommandSpec command) {
            if (arguments.isEmpty()) {
                throw new ParameterException(command.commandLine(), "--prompt needs a text");
            }
            List<String> texts = new ArrayList<>(option.<List<String>>getValue());
            texts.add(arguments.pop());
            option.setValue(texts);
        }
    }
}
