package dev.pando.runtime;

import dev.pando.runtime.settings.JobConfig;
import dev.pando.runtime.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A job that trains for real in a second: a model of some thousand parameters on a page of text.
public final class TinyJob {
    private final Path temp;

    public TinyJob(Path temp) {
        this.temp = temp;
        try {
            Files.createDirectories(temp.resolve("text"));
            for (int i = 0; i < 6; i++) {
                Files.writeString(
                        temp.resolve("text/page-" + i + ".txt"),
                        ("Page "
                                        + i
                                        + ": the grove lives on when any stem dies, for the stems are one. Ask "
                                        + i
                                        + " times, hear one answer.\n")
                                .repeat(12));
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    public Path out(String run) {
        return temp.resolve(run);
    }

    public Path text() {
        return temp.resolve("text");
    }

    /// The job as a file.
    public Path file(String run, String... more) {
        try {
            return Files.writeString(temp.resolve(run + ".conf"), hocon(run) + String.join("\n", more) + "\n");
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /// @param sets as in `--set`
    public Settings settings(String run, String... sets) {
        JobConfig written = JobConfig.text("tiny", hocon(run));
        for (String set : sets) {
            written = written.set(set);
        }
        return written.settings();
    }

    public String hocon(String run) {
        return String.join(
                "\n",
                List.of(
                        "pando.job.name = tiny",
                        "pando.job.out = \"" + out(run) + "\"",
                        "pando.job.steps = 12",
                        "pando.job.workers = 2",
                        "pando.job.threads = 2",
                        "pando.job.model { preset = quickstart, hidden = 16, layers = 2, heads = 2, kv-heads = 1,"
                                + " intermediate = 24 }",
                        "pando.job.data { paths = [\""
                                + text()
                                + "\"], prepared = \""
                                + temp.resolve("prepared")
                                + "\", tokenizer.vocabulary = 300 }",
                        "pando.job.batch { shards = 4, rows = 1, length = 16 }",
                        "pando.job.checkpoint { every-steps = 4, keep = 100 }",
                        ""));
    }
}
