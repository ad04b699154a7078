package dev.pando.chaos.survival;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.report.Page;
import java.nio.file.Path;

/// Draws what a run lived through on one page.
public final class SurvivalReport {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private SurvivalReport() {}

    /// Writes `survival.html` into a folder.
    ///
    /// @return the page's file
    public static Path write(Survival survival, Path folder) {
        Path file = folder.resolve("survival.html");
        RunFolder.write(file, page(survival));
        return file;
    }

    static String page(Survival survival) {
        return new Page(
                        survival.job() + " · what it survived",
                        Page.resource(SurvivalReport.class, "survival.html"),
                        Page.resource(SurvivalReport.class, "survival.css"),
                        Page.resource(SurvivalReport.class, "survival.js"),
                        json(survival))
                .html();
    }

    /// What is no number is null.
    private static String json(Survival survival) {
        try {
            ObjectNode data = JSON.valueToTree(survival);
            data.put("goodput", survival.goodput())
                    .put("goodputByOwnPace", survival.goodputByOwnPace())
                    .put("undisturbedByOwnPace", survival.undisturbedByOwnPace())
                    .put("sound", survival.isSound());
            return JSON.writeValueAsString(data).replace("\"NaN\"", "null");
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }
}
