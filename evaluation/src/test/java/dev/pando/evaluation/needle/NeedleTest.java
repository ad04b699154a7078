package dev.pando.evaluation.needle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.evaluation.Models;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import dev.pando.evaluation.model.WeightsModel;
import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.run.ItemResult;
import dev.pando.evaluation.run.Journal;
import dev.pando.evaluation.run.Workers;
import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.scoring.Verdict;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeedleTest {
    private static final NeedleGrid GRID = new NeedleGrid(List.of(400, 1600), 5, 3, 7);

    @TempDir private Path folder;

    /// The oracle is the prompt itself: a model that sees only its last tokens finds exactly what stands there.
    @Test
    void shouldDrawTheStaircaseOfAModelThatSeesOnlyTheEnd() {
        LanguageModel model =
                Models.scripted(prompt -> {
                    int[] tokens = Models.TOKENIZER.encode(prompt);
                    int seen = Math.min(700, tokens.length);
                    int[] end = Arrays.copyOfRange(tokens, tokens.length - seen, tokens.length);
                    return found(Models.TOKENIZER.decode(end));
                });
        Suite suite = Suite.needle(GRID, Haystack.own(), model);

        List<ItemResult> results = ask(suite, model, 2);
        NeedleMap map = NeedleMap.of(GRID, suite.items(), results);

        assertThat(map.lengths()).containsExactly(400, 1600);
        assertThat(map.depths()).containsExactly(0, 25, 50, 75, 100);
        assertThat(map.exact().get(0)).as("all of 400 tokens are seen").containsExactly(1.0, 1.0, 1.0, 1.0, 1.0);
        assertThat(map.exact().get(1)).as("700 of 1,600 are seen").containsExactly(0.0, 0.0, 0.0, 1.0, 1.0);
        assertThat(map.similarity().get(1).getFirst()).isBetween(0.0, 0.5);
        assertThat(map.lines().get(2)).contains("···██").contains("40.0");
    }

    @Test
    void shouldMakePromptsOfExactlyTheLengthWithTheNeedleAtItsDepth() throws IOException {
        Files.writeString(
                folder.resolve("text.txt"), "One cat sat here. Two dogs ran off!\nThree birds sang.\n".repeat(9));
        Haystack haystack = Haystack.read(folder);
        LanguageModel model = Models.scripted(_ -> "");

        List<String> prompts = new ArrayList<>();
        LanguageModel seeing =
                Models.scripted(prompt -> {
                    prompts.add(prompt);
                    return "";
                });
        Suite suite = Suite.needle(GRID, haystack, seeing);
        ask(suite, seeing, 1);

        assertThat(prompts).hasSize(suite.size());
        for (int i = 0; i < prompts.size(); i++) {
            Item item = suite.items().get(i);
            String prompt = prompts.get(i);
            String code = item.row().fields().get("code").asText();
            int length = item.row().fields().get("length").asInt();
            assertThat(prompt.split(code, -1)).as("the code stands once").hasSize(2);
            String before = prompt.substring(0, prompt.indexOf(" The code of"));
            double depth = item.row().fields().get("depth").asDouble() / 100;
            int room = length - 1 - tokens(prompt.substring(prompt.indexOf(" The code of"), prompt.indexOf(code) + 8));
            int hay = room - tokens(prompt.substring(prompt.lastIndexOf("\nQuestion:")));
            int sentence = 40; // no sentence of this haystack has more tokens
            assertThat((double) tokens(before)).isBetween(depth * hay - sentence, depth * hay + 2);
            if (depth > 0 && depth < 1) { // the last sentence is cut where the prompt is full
                assertThat(before).as("a needle stands between sentences").matches("(?s).*[.!]");
            }
        }
        assertThat(suite.items()).extracting(Item::id).doesNotHaveDuplicates();
        assertThat(codes(suite)).hasSize(suite.size());
        assertThat(codes(Suite.needle(GRID, haystack, model))).isEqualTo(codes(suite));
        NeedleGrid other = new NeedleGrid(GRID.lengths(), GRID.depths(), GRID.repeats(), 8);
        assertThat(codes(Suite.needle(other, haystack, model))).doesNotContainAnyElementsOf(codes(suite));
    }

    @Test
    void shouldGiveTheSameBytesForAnyNumberOfWorkers() throws IOException {
        byte[] first = null;
        try (Arena arena = Arena.ofShared()) {
            WeightsModel model = Models.random(arena, 700);
            Suite suite = Suite.needle(new NeedleGrid(List.of(300, 600), 4, 2, 1), Haystack.own(), model);
            for (int workers : new int[] {1, 3}) {
                for (int batch : new int[] {1, 4}) { // neighbours share their beginnings, or do not
                    Path file = folder.resolve("needle-" + workers + "-" + batch + ".jsonl");
                    try (Journal journal = Journal.open(file, List.of(model), suite.tasks())) {
                        journal.finish(
                                suite.ask(model, journal, new Workers.Threads(workers), batch, (_, _, _) -> {})
                                        .results());
                    }
                    byte[] bytes = Files.readAllBytes(file);
                    first = first == null ? bytes : first;
                    assertThat(bytes).as("%d workers, batch %d", workers, batch).isEqualTo(first);
                }
            }
        }
    }

    @Test
    void shouldReadLengthsAsAUserWritesThem() {
        assertThat(NeedleGrid.lengths("4k..200k")).containsExactly(4000, 8000, 16000, 32000, 64000, 128000, 200000);
        assertThat(NeedleGrid.lengths("256, 1k")).containsExactly(256, 1000);
        assertThat(NeedleGrid.lengths("512..512")).containsExactly(512);
        for (String wrong : List.of("", "4k..", "k", "8k..4k", "1..2..3", "-4", "99999999")) {
            assertThatThrownBy(() -> NeedleGrid.lengths(wrong))
                    .as("%s", wrong)
                    .hasMessage("--lengths is \"" + wrong + "\"; write numbers of tokens as 4k..200k or as 4k,8k,16k");
        }
    }

    @Test
    void shouldRefuseWhatCannotBeHidden() throws IOException {
        LanguageModel model = Models.scripted(_ -> "");
        assertThatThrownBy(() -> Suite.needle(new NeedleGrid(List.of(20), 2, 1, 1), Haystack.own(), model))
                .hasMessageContaining("a length of 20 tokens has no room for a haystack");
        assertThatThrownBy(() -> Haystack.read(folder)).hasMessageContaining("holds no text");
        Files.write(folder.resolve("picture"), new byte[] {(byte) 0xff, (byte) 0xd8, 0});
        assertThatThrownBy(() -> Haystack.read(folder)).hasMessageContaining("picture is no text in UTF-8");
        assertThatThrownBy(() -> Haystack.read(folder.resolve("none"))).hasMessageContaining("cannot be read");
    }

    @Test
    void shouldScoreExactlyAndByEditDistance() {
        NeedleScorer scorer = new NeedleScorer();
        assertThat(score(scorer, " 1234567.").score()).isEqualTo(1);
        assertThat(score(scorer, " 1234568").score()).isEqualTo(0);
        assertThat(score(scorer, " 1234568").metrics()).containsEntry("edit similarity", 1 - 1 / 7.0);
        assertThat(score(scorer, "").metrics()).containsEntry("edit similarity", 0.0);
    }

    private static Verdict score(NeedleScorer scorer, String text) {
        return scorer.score(new Answer(text, text, List.of("1234567"), null));
    }

    private static List<ItemResult> ask(Suite suite, LanguageModel model, int workers) {
        return suite.ask(model, Journal.inMemory(), new Workers.Threads(workers), 5, (_, _, _) -> {}).results();
    }

    private static Set<String> codes(Suite suite) {
        Set<String> codes = new HashSet<>();
        suite.items().forEach(item -> codes.add(item.row().fields().get("code").asText()));
        return codes;
    }

    private static int tokens(String text) {
        return Models.TOKENIZER.encode(text).length;
    }

    /// What a reader of the visible text would answer.
    private static String found(String visible) {
        Matcher needle = Pattern.compile("The code of the \\w+ \\w+ is (\\d{7})\\.").matcher(visible);
        return needle.find() ? " " + needle.group(1) + "." : " I do not know.";
    }
}
