package dev.pando.chaos.verify;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A job that trains a real model of some thousand parameters on a page of text, a step in milliseconds.
public final class TinyJob {
    private TinyJob() {}

    /// Writes the job and its text into a folder.
    ///
    /// @return the job's file
    public static Path in(Path folder) {
        try {
            Path text = Files.createDirectories(folder.resolve("text"));
            for (int i = 0; i < 6; i++) {
                String page =
                        "Page " + i + ": a grove lives on when any of its stems dies, for all of them are one root.\n";
                Files.writeString(text.resolve("page-" + i + ".txt"), page.repeat(10 + i));
            }
            return Files.writeString(
                    folder.resolve("tiny.conf"),
                    """
                    pando.job {
                      name = tiny
                      out = "%1$s/run"
                      steps = 12
                      workers = 3
                      threads = 2
                      model { preset = quickstart, hidden = 16, layers = 2, heads = 2, kv-heads = 1, intermediate = 24 }
                      data { paths = ["%1$s/text"], prepared = "%1$s/prepared", tokenizer.vocabulary = 300 }
                      batch { shards = 7, rows = 1, length = 16 }
                      checkpoint { every-steps = 4, keep = 100 }
                    }
                    """
                            .formatted(folder));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
