package dev.pando.data.read;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.Troubles;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/// The single step `extract`: pages in, their main text out.
public final class Extraction {
    private Extraction() {}

    /// Pages of all files, in their order.
    public static void run(List<Path> files, Budget budget, Troubles troubles, Consumer<ObjectNode> out) {
        DocumentReader reader = new DocumentReader(budget, troubles);
        for (Path file : files) {
            reader.pages(file, file.toString(), out);
        }
    }
}
