package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/// Reads what a step wrote; there, nothing may be broken.
final class Documents {
    private Documents() {}

    static void each(Shard shard, Consumer<ObjectNode> use) {
        each(shard.file(), use);
    }

    static void each(Path file, Consumer<ObjectNode> use) {
        Troubles troubles = new Troubles();
        try (JsonLines.Reader reader = new JsonLines.Reader(file, troubles)) {
            for (Optional<ObjectNode> next = reader.next(); next.isPresent(); next = reader.next()) {
                use.accept(next.get());
            }
        } catch (IOException e) {
            throw new PipelineException("cannot read " + file + ": " + JsonLines.reason(e), e);
        }
        if (troubles.count() > 0) {
            throw damaged(file, troubles);
        }
    }

    static PipelineException damaged(Path file, Troubles troubles) {
        return new PipelineException(
                file + " is damaged (" + troubles.lines().getFirst() + "): delete its folder and run again");
    }
}
