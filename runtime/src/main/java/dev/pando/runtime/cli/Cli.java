package dev.pando.runtime.cli;

import dev.pando.runtime.job.Subcommand;
import dev.pando.runtime.report.Version;
import dev.pando.runtime.settings.KnownKeys;
import dev.pando.runtime.settings.UserError;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// The command line as a whole: its commands, and how it ends when something is not as it must be.
@Command(
        name = "pando",
        description =
                "Trains language models on machines that fail: kill any worker at any time, the loss curve does not"
                        + " notice.",
        subcommands = {
            TrainCommand.class,
            NodeCommand.class,
            SubmitCommand.class,
            StatusCommand.class,
            WatchCommand.class,
            CancelCommand.class,
            GenerateCommand.class,
            ReportCommand.class,
            CheckpointCommand.class,
            DoctorCommand.class,
            HelpCommand.class
        },
        versionProvider = Cli.Versions.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "`pando COMMAND --help` explains one command.", "Exit code: 0 done, 1 failed, 2 wrong use."})
public final class Cli implements Runnable {
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    @Spec private CommandSpec spec;

    @Option(names = "--trace", scope = ScopeType.INHERIT, description = "Shows the stack trace of an error.")
    @SuppressWarnings("UnusedVariable") // asked of the parse result, wherever on the line it stood
    private boolean trace;

    private Cli() {}

    /// On this process's own streams, in UTF-8 whatever the locale.
    public static CommandLine standard() {
        return create(
                new PrintWriter(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8),
                new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    }

    /// With the subcommands of every module on the class path.
    public static CommandLine create(PrintWriter out, PrintWriter err) {
        Logs.silence();
        CommandLine line = new CommandLine(new Cli());
        if (DataCommand.isAvailable()) {
            line.addSubcommand(new DataCommand());
        }
        ServiceLoader.load(Subcommand.class).forEach(line::addSubcommand);
        line.addSubcommand("completion", new GenerateCompletion());
        line.getSubcommands().values().forEach(Cli::withHelp);
        return line.setOut(out)
                .setErr(err)
                .setUsageHelpAutoWidth(true)
                .setUsageHelpLongOptionsMaxWidth(30)
                .setAbbreviatedOptionsAllowed(false)
                .setExpandAtFiles(false) // a prompt may begin with @
                .setExecutionExceptionHandler(Cli::failed)
                .setParameterExceptionHandler(Cli::misused);
    }

    /// Without a command.
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static void withHelp(CommandLine command) {
        if (!command.getCommandSpec().mixinStandardHelpOptions()) {
            command.getCommandSpec().mixinStandardHelpOptions(true);
        }
        command.getSubcommands().values().forEach(Cli::withHelp);
    }

    private static int failed(Exception failure, CommandLine line, ParseResult result) {
        boolean traced = result.matchedOptionValue("--trace", false) || isTraced(result);
        line.getErr().println(sentence(failure) + (traced || UserError.isLike(failure) ? "" : "; --trace shows where"));
        if (traced) {
            failure.printStackTrace(line.getErr());
        }
        line.getErr().flush();
        return UserError.isMisuse(failure) ? MISUSED : FAILED;
    }

    private static boolean isTraced(ParseResult result) {
        return result.hasSubcommand()
                ? isTraced(result.subcommand()) || result.hasMatchedOption("--trace")
                : result.hasMatchedOption("--trace");
    }

    private static int misused(ParameterException misuse, String[] arguments) {
        CommandLine line = misuse.getCommandLine();
        String typed =
                misuse instanceof UnmatchedArgumentException unmatched ? unmatched.getUnmatched().getFirst() : "";
        String advice =
                words(line)
                        .sorted()
                        .filter(_ -> !typed.isEmpty())
                        .filter(word -> KnownKeys.distance(typed, word) <= Math.max(1, typed.length() / 2))
                        .min(Comparator.comparingInt(word -> KnownKeys.distance(typed, word)))
                        .map(word -> "; did you mean " + word + "?")
                        .orElse("");
        line.getErr()
                .println(
                        misuse.getMessage()
                                + advice
                                + (advice.isEmpty() ? "; see " : " See ")
                                + line.getCommandSpec().qualifiedName()
                                + " --help");
        line.getErr().flush();
        return MISUSED;
    }

    /// All that may stand where something else was typed.
    private static Stream<String> words(CommandLine line) {
        return Stream.concat(
                line.getSubcommands().keySet().stream(), line.getCommandSpec().optionsMap().keySet().stream());
    }

    /// One line, whatever the failure: a message that is a sentence already, or the kind of thing that broke.
    private static String sentence(Throwable failure) {
        String message = failure.getMessage();
        if (UserError.isLike(failure)) {
            return message.replaceAll("\\s*\\R\\s*", " ");
        }
        return "something broke inside: "
                + failure.getClass().getSimpleName()
                + (message == null ? "" : ": " + message.replaceAll("\\s*\\R\\s*", " "));
    }

    static final class Versions implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {Version.line()};
        }
    }
}
