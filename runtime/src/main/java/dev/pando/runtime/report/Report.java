package dev.pando.runtime.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// Draws a run on one page that needs nothing but itself: no server, no network, no second file.
public final class Report {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Report() {}

    /// Writes `report.html` from what lies in a run's folder.
    ///
    /// @return the page's file
    public static Path write(Path folder) {
        Settings settings = RunFolder.settings(folder);
        List<StepLine> steps = StepLine.read(folder);
        List<EventLine> events = EventLine.read(folder);
        if (steps.isEmpty() && events.isEmpty()) {
            throw new UserError(folder + " has neither steps nor events to report");
        }
        String config = RunFolder.configText(folder);
        Path file = RunFolder.report(folder);
        RunFolder.write(
                file,
                page(ReportData.of(settings.name(), config, Version.line(), steps, events, SampleLine.read(folder))));
        return file;
    }

    static String page(ReportData data) {
        return resource("report.html")
                .replace("/*style*/", resource("report.css"))
                .replace("/*script*/", resource("report.js"))
                .replace("/*title*/", data.name().replace("&", "&amp;").replace("<", "&lt;"))
                .replace("/*data*/", json(data));
    }

    /// JSON that can stand inside a script element: no text in it can end the element.
    private static String json(ReportData data) {
        try {
            return JSON.writeValueAsString(data)
                    .replace("<", "\\u003c")
                    .replace("\u2028", "\\u2028")
                    .replace("\u2029", "\\u2029");
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }

    private static String resource(String name) {
        try (InputStream in = Report.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read " + name + " of the program itself", failed);
        }
    }
}
