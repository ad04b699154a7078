package dev.pando.evaluation.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.evaluation.Catalogue;
import dev.pando.evaluation.Suite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFileTest {
    private static final String CHOICE =
            """
            mine {
              dimension = reasoning
              data.files = "rows.jsonl"
              mode = choice
              prompt = "{{question}}"
              choices = ["{{A}}", "{{B}}"]
              gold = "{{answer}}"
              gold-is = letter
            }
            """;
    private static final String ROW = "{\"question\": \"1 + 1 =\", \"A\": \"2\", \"B\": \"3\", \"answer\": \"A\"}\n";

    @TempDir private Path folder;

    @Test
    void shouldReadEveryTaskThatPandoBrings() {
        assertThat(Catalogue.suites().get("small").stream().map(Task::dimension).distinct())
                .containsExactlyInAnyOrder(Dimension.values());
        assertThat(Catalogue.suites().values().stream().flatMap(List::stream).map(Task::name))
                .doesNotHaveDuplicates()
                .hasSizeGreaterThan(25);
    }

    @Test
    void shouldReadAUsersTask() throws IOException {
        Suite suite = prepare(CHOICE, ROW);

        assertThat(suite.size()).isEqualTo(1);
        assertThat(suite.tasks().getFirst().title()).isEqualTo("mine");
    }

    @Test
    void shouldRefuseAMistakeByFileLineAndKey() {
        refuses(CHOICE.replace("prompt =", "promt ="), ROW, "tasks.conf:1: mine needs prompt");
        refuses(
                CHOICE.replace("gold-is", "gold-si"),
                ROW,
                "tasks.conf:8: mine.gold-si is no key of a task; did you mean gold-is?");
        refuses(
                CHOICE.replace("letter", "colour"),
                ROW,
                "tasks.conf:8: mine.gold-is is \"colour\"; it can be index, letter, text");
        refuses(
                CHOICE.replace("{{question}}", "{{question"),
                ROW,
                "tasks.conf:5: mine.prompt cannot be: \"{{question\" is not closed");
        refuses(
                CHOICE.replace("{{question}}", "{{question | shout}}"),
                ROW,
                "tasks.conf:5: mine.prompt cannot be: \"shout\" is no operation");
        refuses(CHOICE.replace("reasoning", "wisdom"), ROW, "it can be examinations, language, reasoning");
        refuses(CHOICE.replace("mine {", "mine"), ROW, "tasks.conf");
        String generation =
                "g { dimension = code, data.files = \"rows.jsonl\", mode = generation, prompt = x, scorer = exat }";
        refuses(generation, ROW, "tasks.conf:1: g.scorer is \"exat\", which is no scorer; there are exact");
        refuses("", ROW, "holds no task");
    }

    @Test
    void shouldRefuseARecordByFileAndLine() {
        refuses(CHOICE, ROW + "{\"question\": \"?\"}\n", "rows.jsonl:2 has no field A; it has question");
        refuses(
                CHOICE,
                ROW.replace("\"A\"}", "\"D\"}"),
                "rows.jsonl:1 has the gold answer \"D\", which is not among its 2 choices");
        refuses(CHOICE, ROW + "{\"question\"\n", "rows.jsonl:2 is no JSON");
        refuses(CHOICE, "[1]\n", "rows.jsonl:1 is no object with fields");
        refuses(CHOICE, "", "rows.jsonl holds no records");
        refuses(
                CHOICE.replace("rows.jsonl", "none.jsonl"),
                ROW,
                "holds no none.jsonl; name the folder that holds it with --data DIR");
        refuses(
                CHOICE.replace("gold-is", "shots.count = 3\n  gold-is"),
                ROW,
                "wants 3 examples before it, and there are 0");
    }

    @Test
    void shouldRefuseATaskThatThereIsNot() {
        assertThatThrownBy(() -> Suite.prepare(List.of("mmul"), Optional.empty(), 0))
                .hasMessageContaining("there is no task or suite mmul; suites are small");
    }

    @Test
    void shouldReadCsvWithQuotesAndCaptureWhatANameHolds() throws IOException {
        Files.createDirectories(folder.resolve("test"));
        Files.writeString(folder.resolve("test/biology_test.csv"), "\"A, \"\"B\"\"\nor C?\",yes,no,A\n");
        Files.writeString(folder.resolve("test/art_test.csv"), "Who?,me,you,B\n");
        String task =
                """
                mine {
                  dimension = examinations
                  data { files = "test/{subject}_test.csv", columns = [question, A, B, answer] }
                  group = "{{subject}}"
                  mode = choice
                  prompt = "{{subject | upper}}: {{question}}"
                  choices = ["A", "B"]
                  gold = "{{answer}}"
                  gold-is = letter
                }
                """;

        Suite suite = prepare(task, ROW);

        assertThat(suite.items().stream().map(item -> item.group())).containsExactly("art", "biology");
        assertThat(suite.items().get(1).row().at("question").asText()).isEqualTo("A, \"B\"\nor C?");
    }

    private void refuses(String tasks, String rows, String sentence) {
        assertThatThrownBy(() -> prepare(tasks, rows)).as(tasks).hasMessageContaining(sentence);
    }

    private Suite prepare(String tasks, String rows) throws IOException {
        Files.writeString(folder.resolve("tasks.conf"), tasks);
        Files.writeString(folder.resolve("rows.jsonl"), rows);
        return Suite.prepare(List.of(folder.resolve("tasks.conf").toString()), Optional.empty(), 0);
    }
}
