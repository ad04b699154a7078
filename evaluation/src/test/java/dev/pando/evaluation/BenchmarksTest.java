package dev.pando.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.evaluation.run.Item;
import dev.pando.evaluation.run.Journal;
import dev.pando.evaluation.run.Workers;
import dev.pando.evaluation.scoring.Answer;
import dev.pando.evaluation.scoring.Verdict;
import dev.pando.evaluation.task.Mode;
import dev.pando.evaluation.task.Task;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The task files on the benchmarks' real files, where the property `pando.benchmarks` names their folder.
class BenchmarksTest {
    /// Counts are those of the publishers.
    @ParameterizedTest
    @CsvSource({
        "mmlu, 14042",
        "cmmlu, 11582",
        "agieval-en, 1895",
        "agieval-zh, 1954",
        "gaokao, 1418",
        "gaokao-sets, 363",
        "lambada, 5153",
        "nq-open, 3610",
        "winogrande, 1267",
        "arc-easy, 2376",
        "arc-challenge, 1172",
        "piqa, 1838",
        "bbh, 6511",
        "gsm8k, 1319",
        "math, 1000",
        "gaokao-cloze, 118",
        "theoremqa, 747",
        "humaneval, 164",
        "mbpp, 427",
        "ifeval, 541"
    })
    void shouldMakeAQuestionOfEveryRecord(String task, int items) {
        Suite suite = Suite.prepare(List.of(task), Optional.of(data(task)), 0);

        assertThat(suite.size()).isEqualTo(items);
    }

    @ParameterizedTest
    @CsvSource({"mmlu", "winogrande", "arc-easy", "piqa", "lambada", "gsm8k", "bbh", "ifeval"})
    void shouldScoreSomeItemsWithAModelThatComputes(String task) {
        Suite suite = Suite.prepare(List.of(task), Optional.of(data(task)), 2);
        try (Arena arena = Arena.ofShared()) {
            Suite.Outcome outcome =
                    suite.ask(
                            Models.random(arena, 3000), Journal.inMemory(), new Workers.Threads(1), 1, (_, _, _) -> {});

            assertThat(outcome.results()).hasSize(2).allMatch(result -> result.score() >= 0);
        }
    }

    /// A reference is right by its own scorer, whichever the task.
    @ParameterizedTest
    @CsvSource({"nq-open", "bbh", "gsm8k", "math", "gaokao-cloze", "theoremqa", "gaokao-sets"})
    void shouldFindTheReferencesRight(String task) {
        Suite suite = Suite.prepare(List.of(task), Optional.of(data(task)), 0);
        Mode.Generation how = (Mode.Generation) suite.tasks().getFirst().mode();

        assertThat(suite.items())
                .allSatisfy(item -> {
                    String reference = how.references().getFirst().list(item.row()).getFirst();
                    Verdict verdict =
                            how.scorer().score(new Answer(reference, reference, List.of(reference), item.row()));
                    assertThat(verdict.score()).as("%s: %s", item.row().where(), reference).isEqualTo(1);
                });
    }

    @Test
    void shouldPassAllReferenceSolutionsOfHumanEvalAndNoBrokenOne() {
        Suite suite = Suite.prepare(List.of("humaneval"), Optional.of(data("humaneval")), 0);
        Set<String> passed = new HashSet<>();

        List<Thread> threads =
                IntStream.range(0, 2)
                        .mapToObj(thread ->
                                Thread.ofPlatform()
                                        .name("humaneval-" + thread)
                                        .start(() -> {
                                            for (int i = thread; i < suite.size(); i += 2) {
                                                Item item = suite.items().get(i);
                                                if (verdict(item, item.row().at("canonical_solution").asText()).score()
                                                        == 1) {
                                                    synchronized (passed) {
                                                        passed.add(item.id());
                                                    }
                                                }
                                            }
                                        }))
                        .toList();
        threads.forEach(BenchmarksTest::join);

        assertThat(passed).hasSize(164);
        Item first = suite.items().getFirst();
        assertThat(verdict(first, "    return None\n").score()).isZero();
        assertThat(verdict(first, "    import os; os._exit(0)\n").score()).isZero();
    }

    @Test
    void shouldPassTheReferenceSolutionsOfMbpp() {
        Suite suite = Suite.prepare(List.of("mbpp"), Optional.of(data("mbpp")), 40);

        assertThat(suite.items())
                .allSatisfy(item ->
                        assertThat(verdict(item, item.row().at("code").asText()).score()).as(item.id()).isEqualTo(1));
    }

    private static Verdict verdict(Item item, String text) {
        Mode.Generation how = (Mode.Generation) item.task().mode();
        return how.scorer().score(new Answer(text, text, List.of(), item.row()));
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            throw new AssertionError("the test was stopped", stopped);
        }
    }

    private static Path data(String task) {
        String folder = System.getProperty("pando.benchmarks", "");
        assumeTrue(
                !folder.isBlank() && Files.isDirectory(Path.of(folder)),
                "skipped: the property pando.benchmarks names no folder of benchmarks");
        return task.equals("cmmlu") ? Path.of(folder, "noncommercial") : Path.of(folder);
    }

    @Test
    void shouldNameATaskForEachGroup() {
        assertThat(Catalogue.suites().keySet())
                .containsExactly(
                        "small",
                        "examinations",
                        "language",
                        "reasoning",
                        "mathematics",
                        "code",
                        "long-context",
                        "alignment");
        assertThat(Catalogue.suites().get("code").stream().map(Task::name))
                .containsExactly("humaneval", "mbpp", "humaneval-x-python", "humaneval-x-js");
    }
}
