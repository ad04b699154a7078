package dev.pando.runtime.folder;

import java.nio.file.Path;
import java.util.List;

/// A text that the trained model wrote, as a line of `samples.jsonl`.
///
/// @param text without the prompt
public record SampleLine(String prompt, String text) {
    /// The samples of a run; none before it has finished.
    public static List<SampleLine> read(Path folder) {
        return Lines.read(folder.resolve(RunFolder.SAMPLES)).stream()
                .map(line -> Lines.JSON.convertValue(line, SampleLine.class))
                .toList();
    }
}
