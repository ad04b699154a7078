package dev.pando.runtime.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import java.nio.file.Path;
import java.util.List;

/// Draws a run on one page.
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
        return new Page(
                        data.name() + " · Pando run",
                        Page.resource(Report.class, "report.html"),
                        "",
                        Page.resource(Report.class, "report.js"),
                        json(data))
                .html();
    }

    private static String json(ReportData data) {
        try {
            return JSON.writeValueAsString(data);
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("records of numbers and texts are JSON", impossible);
        }
    }
}
