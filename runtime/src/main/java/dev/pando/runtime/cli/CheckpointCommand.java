package dev.pando.runtime.cli;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.Difference;
import dev.pando.checkpoint.Inspection;
import dev.pando.checkpoint.storage.CheckpointPlace;
import dev.pando.runtime.cli.view.Words;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.settings.UserError;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Looks at a run's checkpoints, clears old ones away, and takes models out of them and into them.
@Command(
        name = "checkpoint",
        description = "Lists, checks and prunes a run's checkpoints; exports and imports models.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            CheckpointCommand.Listing.class,
            CheckpointCommand.Inspect.class,
            CheckpointCommand.Verify.class,
            CheckpointCommand.Diff.class,
            CheckpointCommand.Prune.class,
            ExportCommand.class,
            ImportCommand.class
        },
        footer = {"", "Name a checkpoint by its step, by its name or the beginning of it,", "or as `newest`."})
public final class CheckpointCommand implements Callable<Integer> {
    private static final int DIFFERENT = 1;
    private static final int WIDEST = 100;

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
            CheckpointPlace place = RunFolder.settings(run).checkpoint().place();
            try (Checkpoints checkpoints = Checkpoints.of(place)) {
                return look(checkpoints, place, spec.commandLine().getOut());
            }
        }

        abstract int look(Checkpoints checkpoints, CheckpointPlace place, PrintWriter out);
    }

    @Command(name = "list", description = "Lists the checkpoints of a run, newest first.")
    static final class Listing extends Look {
        @Override
        int look(Checkpoints checkpoints, CheckpointPlace place, PrintWriter out) {
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
                out.println("no checkpoint in " + place);
            }
            return 0;
        }

        private static String size(Inspection checkpoint) {
            String tensors = Words.counted(checkpoint.tensors().size(), "tensor");
            return String.format(
                    Locale.ROOT, "step %d  %.1f MB  %s", checkpoint.step(), checkpoint.bytes() / 1e6, tensors);
        }
    }

    @Command(name = "inspect", description = "Shows what a checkpoint holds: tensors, files, attributes.")
    static final class Inspect extends Look {
        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "CHECKPOINT",
                defaultValue = "newest",
                description = "A checkpoint; without it, the newest.")
        private String which;

        @Override
        int look(Checkpoints checkpoints, CheckpointPlace place, PrintWriter out) {
            Inspection seen = checkpoints.inspect(which);
            out.println(seen.id());
            if (seen.fault().isPresent()) {
                out.println("cannot be used: " + seen.fault().get());
                return DIFFERENT;
            }
            out.println("job      " + seen.job());
            out.println("step     " + seen.step());
            out.println("history  " + seen.history().sha256());
            if (!seen.parent().isEmpty()) {
                out.println("parent   " + seen.parent());
            }
            new TreeMap<>(seen.attributes())
                    .forEach((name, value) -> out.println(String.format("%-8s %s", name, shortened(value))));
            out.println(
                    String.format(
                            Locale.ROOT,
                            "holds    %s, %.1f MB",
                            Words.counted(seen.tensors().size(), "tensor"),
                            seen.bytes() / 1e6));
            seen.tensors()
                    .forEach(tensor ->
                            out.println(
                                    "  "
                                            + tensor.name()
                                            + "  "
                                            + tensor.dtype()
                                            + " "
                                            + tensor.shape()
                                            + (tensor.pieces() == 1 ? "" : " in " + tensor.pieces() + " pieces")));
            seen.files().forEach(file -> out.println("  " + file.name() + "  " + file.bytes() + " bytes"));
            return 0;
        }

        private static String shortened(String value) {
            return value.length() <= WIDEST ? value : value.substring(0, WIDEST) + "…";
        }
    }

    @Command(
            name = "prune",
            description = {
                "Removes old checkpoints and keeps the newest valid ones.",
                "Those to keep are read first, since only valid ones count. The last valid one is always kept."
            })
    static final class Prune extends Look {
        @Option(
                names = "--keep",
                paramLabel = "N",
                defaultValue = "1",
                description = "Number of valid checkpoints to keep; 1 if not given.")
        private int keep;

        @Override
        int look(Checkpoints checkpoints, CheckpointPlace place, PrintWriter out) {
            if (keep < 1) {
                throw new UserError("--keep must be at least 1, not " + keep);
            }
            List<String> removed = checkpoints.prune(keep);
            removed.forEach(name -> out.println("removed " + name));
            if (removed.isEmpty()) {
                out.println("nothing to remove");
            }
            return 0;
        }
    }

    @Command(
            name = "verify",
            description = "Reads every byte of a checkpoint, or of all, and exits with 1 if any is damaged.")
    static final class Verify extends Look {
        @Parameters(
                index = "1",
                arity = "0..1",
                paramLabel = "CHECKPOINT",
                description = "A checkpoint; without it, all.")
        private String which;

        @Override
        int look(Checkpoints checkpoints, CheckpointPlace place, PrintWriter out) {
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

    @Command(name = "diff", description = "Shows how two checkpoints differ, and exits with 1 if they do.")
    static final class Diff extends Look {
        @Parameters(index = "1", paramLabel = "FIRST", description = "One checkpoint.")
        private String first;

        @Parameters(index = "2", paramLabel = "SECOND", description = "Another one.")
        private String second;

        @Override
        int look(Checkpoints checkpoints, CheckpointPlace place, PrintWriter out) {
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
