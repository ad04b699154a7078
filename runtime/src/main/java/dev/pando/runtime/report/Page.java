package dev.pando.runtime.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// A page that needs nothing but itself: no server, no network, no second file. All reports look alike.
///
/// @param title of the page
/// @param body what is between its head and its scripts
/// @param style what it adds to the style of all pages
/// @param script draws the data
/// @param json the data
public record Page(String title, String body, String style, String script, String json) {
    /// The whole page.
    public String html() {
        return resource(Page.class, "page.html")
                .replace("/*style*/", resource(Page.class, "report.css") + style)
                .replace("/*body*/", body)
                .replace("/*script*/", script)
                .replace("/*title*/", title.replace("&", "&amp;").replace("<", "&lt;"))
                .replace("/*data*/", insideScript(json));
    }

    /// JSON of which no text can end the script element that it stands in.
    private static String insideScript(String json) {
        return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
    }

    /// A file that lies beside a class.
    public static String resource(Class<?> of, String name) {
        try (InputStream in = of.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read " + name + " of the program itself", failed);
        }
    }
}
