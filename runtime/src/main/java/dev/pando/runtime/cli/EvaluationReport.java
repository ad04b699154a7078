package dev.pando.runtime.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.result.ReportData;
import dev.pando.runtime.report.Page;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Draws an evaluation on one page that needs nothing but itself.
final class EvaluationReport {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private EvaluationReport() {}

    static void write(Path file, ReportData data) {
        try {
            put(
                    file,
                    new Page(
                                    data.models().getFirst().model() + " · Pando evaluation",
                                    Page.resource(Suite.class, "evaluation.html"),
                                    Page.resource(Suite.class, "evaluation.css"),
                                    Page.resource(Suite.class, "evaluation.js"),
                                    JSON.writeValueAsString(data))
                            .html());
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }

    /// Writes a file, and the folders above it.
    static void put(Path file, String text) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text);
        } catch (IOException failed) {
            throw UserError.failed(file + " cannot be written: " + failed.getMessage(), failed);
        }
    }
}
