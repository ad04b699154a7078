package dev.pando.data.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import dev.pando.data.document.JsonLines;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: texts whose language, addresses, words and runs a reader can see.
final class StepsTest {
    @TempDir private Path folder;

    @Test
    void shouldTellLanguagesApart() {
        LanguageStep step = new LanguageStep(spec("language", "keep = [en, zh]"));

        assertThat(language(step, "The ferry leaves at six in the morning, and it waits for nobody at all. ".repeat(3)))
                .isEqualTo("en");
        assertThat(language(step, "渡船早上六点开,不等任何人。医生每天都迟到,所以他只好走路回家,路上很安静。".repeat(4))).isEqualTo("zh");
        assertThat(
                        language(
                                step,
                                "Die Fähre fährt morgens um sechs und wartet auf niemanden, auch nicht auf den Arzt. "
                                        .repeat(3)))
                .isEqualTo("de");
        assertThat(
                        step.look(
                                text(
                                        "Die Fähre fährt morgens um sechs und wartet auf niemanden, auch nicht auf den Arzt. "
                                                .repeat(3))))
                .map(Reason::rule)
                .contains("language de");
        assertThat(step.look(text("int x = 1;").put("kind", "code").put("language", "java")))
                .map(Reason::rule)
                .contains("language java");
    }

    @Test
    void shouldMaskWhatLooksLikePersonalDataAndNothingElse() {
        MaskStep step = new MaskStep(spec("mask", ""));
        ObjectNode document =
                text(
                        "Write to anna.b+x@mail.example.org or call +49 (30) 1234-5678, (555) 123-4567, 138 1234 5678"
                                + " or 10.0.200.7. In 2024-11-30 version 1.2.3 had 1,234,567 lines, page 12-14, ISBN 978 3"
                                + " 16 148410 0.");

        step.look(document);

        assertThat(document.path("text").asText())
                .isEqualTo(
                        "Write to <mail> or call <phone>, <phone>, <phone> or <address>. In 2024-11-30 version 1.2.3"
                                + " had 1,234,567 lines, page 12-14, ISBN 978 3 16 148410 0.");
        assertThat(document.path("masked").asInt()).isEqualTo(5);
    }

    @Test
    void shouldBlockDomainsAndWhatIsBelowThem() throws IOException {
        Path list = Files.writeString(folder.resolve("list"), "! filters\n||bad.example^\n0.0.0.0 worse.test\n");
        BlockedDomains step = new BlockedDomains(spec("blocked-domains", "files = [\"" + list + "\"]"));

        assertThat(step.look(url("https://bad.example/x"))).map(Reason::rule).contains("domain bad.example");
        assertThat(step.look(url("http://user@a.b.Worse.test:8080/"))).map(Reason::rule).contains("domain worse.test");
        assertThat(step.look(url("https://notbad.example/x"))).isEmpty();
        assertThat(step.look(url(""))).isEmpty();
    }

    @Test
    void shouldBlockWordsWhereTheyStandAlone() throws IOException {
        Path list = Files.writeString(folder.resolve("list"), "rat poison\nfoul\n赌博\n");
        BlockedWords step = new BlockedWords(spec("blocked-words", "files = [\"" + list + "\"], most = 1"));

        assertThat(step.look(text("Foul weather, foul play."))).map(Reason::value).contains(2.0);
        assertThat(step.look(text("Foulness and fouls are no fouling; once foul."))).isEmpty();
        assertThat(step.look(text("网上赌博和赌博网站"))).isPresent();
    }

    @Test
    void shouldRemoveWhatHoldsARunOfAnEvaluationSet() throws IOException {
        Path set =
                Files.writeString(
                        folder.resolve("set.jsonl"),
                        "{\"question\":\"Why did the miller carry the lamp over the hill before dawn in the cold"
                                + " rain?\",\"answer\":[\"B\"]}\n");
        Decontamination step = new Decontamination(spec("decontaminate", "sets = [\"" + set + "\"]"));

        assertThat(
                        step.look(
                                text(
                                        "It asks: why did the MILLER carry the lamp over the hill, before dawn, in the"
                                                + " cold rain? B.")))
                .map(Reason::value)
                .contains(4.0);
        assertThat(step.look(text("Why did the miller carry the lamp over the hill before noon in the cold rain?")))
                .isEmpty();
    }

    @Test
    void shouldSortByLengthAndBoundIt() {
        LengthStep step = new LengthStep(spec("length", "least = 3, buckets = [5, 10]"));
        ObjectNode brief = text("abcd");
        ObjectNode middle = text("ééé");
        ObjectNode great = text("abcdefghijk");

        assertThat(step.look(text("ab"))).map(Reason::limit).contains(3.0);
        assertThat(step.look(brief)).isEmpty();
        step.look(middle);
        step.look(great);

        assertThat(brief.path("length").asText()).isEqualTo("under-5");
        assertThat(middle.path("length").asText()).isEqualTo("under-10");
        assertThat(great.path("length").asText()).isEqualTo("longest");
        assertThatThrownBy(() -> new LengthStep(spec("length", "buckets = [5, 5]"))).hasMessageContaining("must rise");
    }

    @Test
    void shouldKeepConnectedProseAndRemoveListsAndTables() {
        LongTextStep step = new LongTextStep(spec("long-text", ""));
        String prose =
                "The lamp was out, but the door stood open because the miller had gone to the ferry. Therefore she"
                        + " waited until noon, and then went home. The rope lay in the yard beside the old boat.\n";
        StringBuilder list = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            list.append("item").append(i).append(" price").append(i * 7).append("\n");
        }

        assertThat(step.look(text(prose.repeat(3)))).isEmpty();
        assertThat(step.look(text(list.toString()))).map(Reason::rule).contains("connectives");
        assertThat(step.look(text(prose.repeat(400)))).map(Reason::rule).contains("distinct-words");
    }

    private static String language(Step step, String text) {
        ObjectNode document = text(text);
        step.look(document);
        return document.path("language").asText();
    }

    private static ObjectNode text(String text) {
        return JsonLines.object().put("id", "x").put("text", text);
    }

    private static ObjectNode url(String url) {
        return text("x").put("url", url);
    }

    private static StepSpec spec(String kind, String keys) {
        return new StepSpec(
                "1-" + kind,
                kind,
                ConfigFactory.parseString(keys)
                        .withFallback(ConfigFactory.defaultReference().getConfig("pando.data.steps." + kind)),
                "test");
    }
}
