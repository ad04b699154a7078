package dev.pando.data.page;

import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/// The title of a page.
final class Title {
    private Title() {}

    static String of(Document document, StructuredData data) {
        for (Element meta : document.head().getElementsByTag("meta")) {
            if (meta.attr("property").equals("og:title") && !meta.attr("content").isBlank()) {
                return Whitespace.tidy(meta.attr("content"));
            }
        }
        if (!data.headline().isBlank()) {
            return Whitespace.tidy(data.headline());
        }
        return Whitespace.tidy(document.title());
    }
}
