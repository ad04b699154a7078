package dev.pando.data.page;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;

/// What a page says of itself for machines: the `articleBody` and `headline` of its JSON-LD.
///
/// @param body empty if the page says nothing
record StructuredData(String headline, String body) {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
                    .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
                    .build();

    static StructuredData of(Document document) {
        StructuredData best = new StructuredData("", "");
        for (Element script : document.getElementsByTag("script")) {
            if (script.attr("type").trim().equalsIgnoreCase("application/ld+json")) {
                String json = script.data();
                if (json.contains("articleBody") || json.contains("headline")) {
                    try {
                        best = best.or(JSON.readTree(json), 0);
                    } catch (JsonProcessingException broken) {
                        // a page's mistake; the page itself is still there
                    }
                }
            }
        }
        return best;
    }

    private StructuredData or(JsonNode node, int depth) {
        StructuredData best = this;
        if (node.isObject()) {
            String text = node.path("articleBody").asText("");
            String title = node.path("headline").asText("");
            if (text.length() > best.body.length()) {
                best = new StructuredData(title.isEmpty() ? best.headline : title, text);
            } else if (best.headline.isEmpty() && !title.isEmpty()) {
                best = new StructuredData(title, best.body);
            }
        }
        if (depth < 4) {
            for (JsonNode child : node) {
                if (child.isContainerNode()) {
                    best = best.or(child, depth + 1);
                }
            }
        }
        return best;
    }
}
