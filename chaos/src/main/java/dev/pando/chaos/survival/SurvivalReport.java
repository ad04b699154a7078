package dev.pando.chaos.survival;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.report.Report;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Draws what a run lived through on one page that needs nothing but itself.
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
        return resource(SurvivalReport.class, "survival.html")
                .replace(
                        "/*style*/",
                        resource(Report.class, "report.css") + resource(SurvivalReport.class, "survival.css"))
                .replace("/*script*/", resource(SurvivalReport.class, "survival.js"))
                .replace("/*title*/", survival.job().replace("&", "&amp;").replace("<", "&lt;"))
                .replace("/*data*/", json(survival));
    }

    /// JSON that can stand inside a script element: no text in it can end the element. What is no number is null.
    private static String json(Survival survival) {
        try {
            ObjectNode data = JSON.valueToTree(survival);
            data.put("goodput", survival.goodput())
                    .put("goodputByOwnPace", survival.goodputByOwnPace())
                    .put("undisturbedByOwnPace", survival.undisturbedByOwnPace())
                    .put("sound", survival.isSound());
            return JSON.writeValueAsString(data)
                    .replace("\"NaN\"", "null")
                    .replace("<", "\\u003c")
                    .replace("\u2028", "\\u2028")
                    .replace("\u2029", "\\u2029");
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }

    private static String resource(Class<?> of, String name) {
        try (InputStream in = of.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read " + name + " of the program itself", failed);
        }
    }
}
