package dev.pando.runtime.cli;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.Difference;
import dev.pando.checkpoint.Inspection;
import dev.pando.runtime.folder.RunFolder;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Looks at a run's checkpoints: what there is, whether it is whole, in what two of them differ.
@Command(
        name = "checkpoint",
        description = "Looks at a run's checkpoints.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {CheckpointCommand.Listing.class, CheckpointCommand.Verify.class, CheckpointCommand.Diff.class},
        footer = {"", "A checkpoint is named by its step, by its name or the beginning of it,", "or as `newest`."})
public final class CheckpointCommand implements Callable<Integer> {
    private static final int DIFFERENT = 1;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return 0;
    }

    /// What the subcommands share: a run, and a look at its checkpoints.
    abstract static class Look implements Callable<Integer> {
        @Spec private CommandSpec spec;

        @Parameters(index = "0", paramLabel = "RUN", description = "The run's folder.")
        private Path run;

        @Override
        public final Integer call() {
            Path folder = RunFolder.settings(run).checkpoint().folder();
            try (Checkpoints checkpoints = Checkpoints.of(folder)) {
                return look(checkpoints, folder, spec.commandLine().getOut());
            }
        }

        abstract int look(Checkpoints checkpoints, Path folder, PrintWriter out);
    }

    @Command(name = "list", description = "Lists them, newest first.")
    static final class Listing extends Look {
        @Override
        int look(Checkpoints checkpoints, Path folder, PrintWriter out) {
            List<Inspection> all = checkpoints.inspectAll();
            all.forEach(checkpoint ->
                    out.println(
                            checkpoint.id()
                                    + "  "
                                    + checkpoint
                                            .fault()
                                            .map(fault -> "cannot be used: " + fault)
                                            .orElseGet(() -> size(checkpoint))));
            if (all.isEmpty()) {
                out.println("no checkpoint in " + folder);
            }
            return 0;
        }

        private static String size(Inspection checkpoint) {
            String tensors = Words.counted(checkpoint.tensors().size(), "tensor");
            return String.format(
                    Locale.ROOT, "step %d  %.1f MB  %s", checkpoint.step(), checkpoint.bytes() / 1e6, tensors);
        }
    }

    @Command(name = "verify", description = "Reads every byte of one, or of all, and exits with 1 if any is damaged.")
    static final class Verify extends Look {
        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "CHECKPOINT",
                description = "Which one; all if none is named.")
        private String which;

        @Override
        int look(Checkpoints checkpoints, Path folder, PrintWriter out) {
            List<String> names =
                    which != null
                            ? List.of(checkpoints.inspect(which).id())
                            : checkpoints.inspectAll().stream().map(Inspection::id).toList();
            boolean sound = true;
            for (String name : names) {
                Optional<String> fault = checkpoints.verify(name);
                out.println(name + "  " + fault.map(found -> "damaged: " + found).orElse("sound"));
                sound &= fault.isEmpty();
            }
            return sound ? 0 : DIFFERENT;
        }
    }

    @Command(name = "diff", description = "Says in what two of them differ, and exits with 1 if they do.")
    static final class Diff extends Look {
        @Parameters(index = "1", paramLabel = "FIRST", description = "One checkpoint.")
        private String first;

        @Parameters(index = "2", paramLabel = "SECOND", description = "Another one.")
        private String second;

        @Override
        int look(Checkpoints checkpoints, Path folder, PrintWriter out) {
            List<Difference> differences = checkpoints.diff(first, second);
            differences.forEach(difference -> out.println(difference.tensor() + "  " + words(difference)));
            if (differences.isEmpty()) {
                out.println("the same bits");
            }
            return differences.isEmpty() ? 0 : DIFFERENT;
        }

        private static String words(Difference difference) {
            return switch (difference) {
                case Difference.OnlyInFirst _ -> "only in the first";
                case Difference.OnlyInSecond _ -> "only in the second";
                case Difference.OtherShape shapes ->
                        shapes.first() + " in the first, " + shapes.second() + " in the second";
                case Difference.OtherBits bits ->
                        String.format(
                                Locale.ROOT,
                                "%d of %d elements, by up to %.3g",
                                bits.elements(),
                                bits.of(),
                                bits.largest());
            };
        }
    }
}
