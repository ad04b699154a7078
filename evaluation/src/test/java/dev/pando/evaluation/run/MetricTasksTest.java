package dev.pando.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.evaluation.Models;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricTasksTest {
    @TempDir private Path folder;

    @Test
    void shouldScoreAKeptReplyWithoutAskingTheModel() throws Exception {
        Files.writeString(folder.resolve("sums.jsonl"), "{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n");
        Files.writeString(
                folder.resolve("tasks.conf"),
                """
                sums {
                  dimension = code
                  data.files = "sums.jsonl"
                  mode = generation
                  prompt = "{{a}}"
                  scorer = code
                  code.program = "assert {{answer}} == {{a}}"
                }
                """);
        Suite suite = Suite.prepare(List.of(folder.resolve("tasks.conf").toString()), Optional.empty(), 0);
        AtomicInteger asked = new AtomicInteger();
        LanguageModel model =
                Models.scripted(prompt -> {
                    asked.incrementAndGet();
                    return "3";
                });
        Path file = folder.resolve("items.jsonl");
        Item second = suite.items().get(1);

        Suite.Outcome outcome;
        try (Journal killed = Journal.open(file, List.of(model), suite.tasks())) {
            Reply reply = Reply.of(List.of(List.of("2")));
            killed.append(new Reply.Pending(model.name(), "sums", second.id(), second.prompt(), reply));
        }
        assertThat(Journal.results(file)).as("what has a score").isEmpty();
        try (Journal journal = Journal.open(file, List.of(model), suite.tasks())) {
            outcome = suite.ask(model, journal, new Workers.Threads(2), 1, (_, _, _) -> {});
            journal.finish(outcome.results());
        }

        assertThat(asked).as("questions asked").hasValue(2);
        assertThat(outcome.results()).extracting(ItemResult::score).containsExactly(0.0, 1.0, 1.0);
        assertThat(Files.readString(file)).doesNotContain("pending");
    }
}
