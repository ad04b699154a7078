package dev.pando.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.pando.evaluation.Models;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.WeightsModel;
import dev.pando.training.generation.Scorer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The oracle is lm-evaluation-harness's definition of a request, computed here token by token from whole texts.
class LikelihoodTest {
    private static final String TASKS =
            """
            choices {
              dimension = reasoning
              data.files = "choices.jsonl"
              mode = choice
              prompt = "Question: {{query}} "
              delimiter = ""
              choices = "{{choices}}"
              gold = "{{gold}}"
              normalise = %s
              shots { count = 2, separator = "\\n\\n" }
            }
            endings {
              dimension = language
              data.files = "endings.jsonl"
              mode = log-likelihood
              prompt = "{{context}}"
              continuation = "{{continuation}}"
            }
            schemas {
              dimension = reasoning
              data.files = "schemas.jsonl"
              mode = contexts
              contexts = "{{context_options}}"
              continuation = "{{continuation}}"
              gold = "{{gold}}"
            }
            texts {
              dimension = language
              data.files = "endings.jsonl"
              mode = perplexity
              text = "{{context}} {{continuation}}"
            }
            """;

    @TempDir private Path folder;
    private final Arena arena = Arena.ofShared();
    private final WeightsModel model = Models.random(arena, 90);

    @BeforeEach
    void write() throws IOException {
        Random random = new Random(3);
        List<String> choices = new ArrayList<>();
        List<String> endings = new ArrayList<>();
        List<String> schemas = new ArrayList<>();
        String[] words = {"answer", "capital", "yes", "no", "Paris", "one", "two", "is", "of", "tree", "é", "中"};
        for (int i = 0; i < 30; i++) {
            List<String> some = new ArrayList<>();
            for (int w = 0; w < 40; w++) {
                some.add(words[random.nextInt(words.length)]);
            }
            String text = String.join(" ", some.subList(0, 3 + random.nextInt(20)));
            choices.add(
                    "{\"query\": \""
                            + text
                            + "\", \"choices\": [\""
                            + some.get(30)
                            + "\", \""
                            + some.get(31)
                            + " "
                            + some.get(32)
                            + "\", \""
                            + some.get(33)
                            + "\"], \"gold\": "
                            + random.nextInt(3)
                            + "}");
            endings.add("{\"context\": \"" + text + "\", \"continuation\": \"" + some.get(35) + "\"}");
            schemas.add(
                    "{\"context_options\": [\""
                            + text
                            + "\", \""
                            + some.get(36)
                            + " "
                            + text
                            + "\"], \"continuation\": \""
                            + some.get(37)
                            + "\", \"gold\": "
                            + random.nextInt(2)
                            + "}");
        }
        Files.write(folder.resolve("choices.jsonl"), choices);
        Files.write(folder.resolve("endings.jsonl"), endings);
        Files.write(folder.resolve("schemas.jsonl"), schemas);
        Files.writeString(folder.resolve("tasks.conf"), TASKS.formatted("characters"));
    }

    @AfterEach
    void close() {
        arena.close();
    }

    @Test
    void shouldGiveTheLikelihoodsOfLmEvaluationHarness() {
        List<ItemResult> results = run(Journal.inMemory(), 2, 4);

        for (Item item : items()) {
            ItemResult result = result(results, item);
            if (item.question() instanceof Question.Choices choices) {
                for (int i = 0; i < choices.pairs().size(); i++) {
                    Question.Pair pair = choices.pairs().get(i);
                    assertThat(result.likelihoods().get(i))
                            .as("%s", pair)
                            .isCloseTo(likelihood(pair.context(), pair.continuation()), within(1e-4));
                }
            }
            if (item.question() instanceof Question.Likelihood one) {
                assertThat(result.likelihoods().getFirst())
                        .isCloseTo(likelihood(one.pair().context(), one.pair().continuation()), within(1e-4));
            }
        }
    }

    @Test
    void shouldPickByCharactersAndByTheFirstOfEquals() {
        List<ItemResult> results = run(Journal.inMemory(), 1, 1);

        for (Item item : items()) {
            if (item.question() instanceof Question.Choices choices && item.task().name().equals("choices")) {
                List<Double> likelihoods = result(results, item).likelihoods();
                int best = 0;
                for (int i = 1; i < likelihoods.size(); i++) {
                    double here =
                            likelihoods.get(i)
                                    / choices.texts().get(i).codePointCount(0, choices.texts().get(i).length());
                    double there =
                            likelihoods.get(best)
                                    / choices.texts().get(best).codePointCount(0, choices.texts().get(best).length());
                    best = here > there ? i : best;
                }
                assertThat(result(results, item).picked()).isEqualTo(best);
                assertThat(result(results, item).score()).isEqualTo(choices.gold().contains(best) ? 1 : 0);
            }
        }
    }

    @Test
    void shouldAskEachTokenOfALongTextOnce() {
        String text = "The capital of France is Paris. ".repeat(40); // several windows of 90

        Encoding encoding = new Encoding(model);
        List<Encoding.Encoded> windows = encoding.windows(text);

        int[] whole = Models.TOKENIZER.encode(text);
        List<Integer> asked = new ArrayList<>();
        for (Encoding.Encoded window : windows) {
            assertThat(window.tokens().length - 1).isLessThanOrEqualTo(90);
            for (int i = window.from(); i < window.tokens().length; i++) {
                asked.add(window.tokens()[i]);
            }
        }
        assertThat(windows.size()).isGreaterThan(2);
        assertThat(asked).isEqualTo(Arrays.stream(whole).boxed().toList());
    }

    @Test
    void shouldGiveTheSameBytesForAnyNumberOfWorkersAndAnyBatch() throws IOException {
        byte[] first = null;
        for (int batch : new int[] {1, 7, 64}) {
            for (int workers : new int[] {1, 3, 7}) {
                Path file = folder.resolve("items-" + batch + "-" + workers + ".jsonl");
                journalled(file, workers, batch);
                byte[] bytes = Files.readAllBytes(file);
                first = first == null ? bytes : first;
                assertThat(bytes).as("batch %d, %d workers", batch, workers).isEqualTo(first);
            }
        }
    }

    @Test
    void shouldGoOnWhereAKilledEvaluationStopped() throws IOException {
        Path file = folder.resolve("items.jsonl");
        journalled(file, 1, 1);
        byte[] whole = Files.readAllBytes(file);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            // what a SIGKILL leaves: the lines written so far, in any order, the last one torn
            List<String> lines = new ArrayList<>(Files.readAllLines(file));
            String head = lines.removeFirst();
            Collections.shuffle(lines, random);
            String kept = head + "\n" + String.join("\n", lines.subList(0, random.nextInt(lines.size())));
            Path torn = folder.resolve("torn.jsonl");
            Files.writeString(torn, kept.substring(0, kept.length() - random.nextInt(9)));
            long lost = 120 - Files.readString(torn).chars().filter(c -> c == '\n').count() + 1;

            int[] asked = {0};
            journalled(torn, 2, 3, asked);

            assertThat(Files.readAllBytes(torn)).as("seed %d", seed).isEqualTo(whole);
            assertThat(asked[0]).as("seed %d: items asked again", seed).isLessThanOrEqualTo((int) Math.min(120, lost));
        }
    }

    @Test
    void shouldRefuseTheItemsOfOtherTasks() throws IOException {
        Path file = folder.resolve("items.jsonl");
        journalled(file, 1, 1);
        Files.writeString(folder.resolve("tasks.conf"), TASKS.formatted("tokens"));

        assertThatThrownBy(() -> journalled(file, 1, 1)).hasMessageContaining("belongs to other models or tasks");
    }

    private List<ItemResult> run(Journal journal, int workers, int batch) {
        return suite().ask(model, journal, workers, batch, (_, _, _) -> {}).results();
    }

    private void journalled(Path file, int workers, int batch) {
        journalled(file, workers, batch, new int[1]);
    }

    private void journalled(Path file, int workers, int batch, int[] asked) {
        Suite suite = suite();
        try (Journal journal = Journal.open(file, List.of(model), suite.tasks())) {
            journal.finish(
                    suite.ask(model, journal, workers, batch, (_, _, fresh) -> asked[0] += fresh ? 1 : 0).results());
        }
    }

    private Suite suite() {
        return Suite.prepare(List.of(folder.resolve("tasks.conf").toString()), Optional.empty(), 0);
    }

    private List<Item> items() {
        return suite().items();
    }

    private static ItemResult result(List<ItemResult> results, Item item) {
        return results.stream()
                .filter(each -> each.task().equals(item.task().name()) && each.id().equals(item.id()))
                .findFirst()
                .orElseThrow();
    }

    /// A request as lm-evaluation-harness encodes and scores it, each one alone.
    private double likelihood(String context, String continuation) {
        int end = context.length();
        while (end > 0 && Character.isWhitespace(context.charAt(end - 1))) {
            end--;
        }
        String moved = context.substring(end) + continuation;
        int[] before = Models.TOKENIZER.encode(context.substring(0, end));
        int[] both = Models.TOKENIZER.encode(context.substring(0, end) + moved);
        List<Integer> tokens = new ArrayList<>(List.of(Models.TOKENIZER.bos()));
        Arrays.stream(both).forEach(tokens::add);
        int asked = both.length - before.length;
        List<Integer> kept = tokens.subList(Math.max(0, tokens.size() - 91), tokens.size());
        try (var session = model.open(200)) {
            double sum = 0;
            for (int i = kept.size() - asked; i < kept.size(); i++) {
                int[] upTo = kept.subList(0, i + 1).stream().mapToInt(each -> each).toArray();
                Scorer.Scored scored = session.score(upTo, i);
                sum += scored.logProbabilities()[0];
            }
            return sum;
        }
    }
}
