package dev.pando.data.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Oracle: pages whose text people marked, in the layout of the article extraction benchmark (`html/ID.html.gz`,
/// `ground-truth.json.gz`); the measure is that benchmark's F1 over runs of four words.
@EnabledIfSystemProperty(
        named = "pando.data.pages",
        matches = ".+",
        disabledReason = "pando.data.pages names no folder of labelled pages")
final class LabelledPagesTest {
    private static final double GOAL = 0.960; // the best published open extractor has 0.956 to 0.970
    private static final int WORDS = 4;
    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

    @Test
    void shouldFindTheTextThatPeopleMarked() throws IOException {
        Path folder = Path.of(System.getProperty("pando.data.pages"));
        JsonNode truth = JsonMapper.builder().build().readTree(unpacked(folder.resolve("ground-truth.json.gz")));
        MainText mainText = new MainText(400_000);

        double precision = 0;
        double recall = 0;
        for (Map.Entry<String, JsonNode> page : truth.properties()) {
            byte[] html = unpacked(folder.resolve("html").resolve(page.getKey() + ".html.gz"));
            Map<List<String>, Integer> found = runs(mainText.of(new String(html, StandardCharsets.UTF_8)).text());
            Map<List<String>, Integer> marked = runs(page.getValue().path("articleBody").asText());
            double both = 0;
            for (Map.Entry<List<String>, Integer> run : found.entrySet()) {
                both += Math.min(run.getValue(), marked.getOrDefault(run.getKey(), 0));
            }
            precision += found.isEmpty() ? 0 : both / sum(found) / truth.size();
            recall += both / sum(marked) / truth.size();
        }

        assertThat(2 * precision * recall / (precision + recall)).isGreaterThanOrEqualTo(GOAL);
    }

    private static int sum(Map<List<String>, Integer> runs) {
        return runs.values().stream().mapToInt(count -> count).sum();
    }

    private static Map<List<String>, Integer> runs(String text) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(text);
        while (word.find()) {
            words.add(word.group());
        }
        Map<List<String>, Integer> runs = new HashMap<>();
        for (int i = 0; i + WORDS <= words.size(); i++) {
            runs.merge(List.copyOf(words.subList(i, i + WORDS)), 1, Integer::sum);
        }
        return runs;
    }

    private static byte[] unpacked(Path file) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return in.readAllBytes();
        }
    }
}
