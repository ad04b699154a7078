package dev.pando.chaos.faults;

import java.util.Arrays;
import java.util.stream.Collectors;

/// All kinds of faults as a table for people.
public final class Vocabulary {
    private Vocabulary() {}

    /// Rows of a Markdown table: words, what happens, what a run should do, what injects it.
    public static String markdown() {
        return Arrays.stream(Kind.values())
                .map(kind ->
                        "| `"
                                + kind.words()
                                + "` | "
                                + kind.does()
                                + " | "
                                + kind.expected()
                                + " | "
                                + kind.injectors()
                                + " |")
                .collect(Collectors.joining("\n"));
    }
}
