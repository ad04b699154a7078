package dev.pando.runtime.cli;

import static dev.pando.runtime.cli.CommandLines.pando;
import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.TinyJob;
import dev.pando.runtime.cli.CommandLines.Shown;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The oracle is the same evaluation by one thread of this process.
final class EvaluateCommandTest {
    @TempDir private Path temp;
    private Path run;

    @BeforeEach
    void train() throws IOException {
        TinyJob tiny = new TinyJob(temp);
        assertThat(pando("train", tiny.file("run"), "--steps", 2).exit()).isZero();
        run = tiny.out("run");
    }

    @Test
    void shouldScoreARunOfEachDimensionWithWorkerProcesses() throws IOException {
        Shown threads = evaluate("threads", "--workers", 1);
        Shown processes = evaluate("processes", "--nodes", 2);

        assertThat(threads.err()).isEmpty();
        assertThat(processes.err()).isEmpty();
        assertThat(processes.out())
                .contains("Examinations", "Language and knowledge", "Reasoning and mathematics", "Code", "Long context")
                .contains("Tools", "Alignment");
        assertThat(temp.resolve("processes.html")).content().contains("<main>", "Small examination");
        assertThat(temp.resolve("processes.jsonl")).hasSameBinaryContentAs(temp.resolve("threads.jsonl"));
        assertThat(left()).as("weights that stay in memory").isEmpty();
    }

    @Test
    void shouldMapTheNeedlesOfARun() {
        List<Object> words = List.of("evaluate", "needle", run, "--lengths", "300,500", "--depths", 3, "--repeats", 1);
        Shown one = needle(words, "one", "--workers", 1);
        Shown two = needle(words, "two", "--nodes", 2);

        assertThat(one.err()).isEmpty();
        assertThat(one.out()).contains("run: 6 items of 1 task", "edit similarity").containsPattern("\n +300  \\S{3} ");
        assertThat(temp.resolve("two.jsonl")).hasSameBinaryContentAs(temp.resolve("one.jsonl"));
        assertThat(temp.resolve("one.html")).content().contains("\"needle\":{\"lengths\":[300,500]");
        assertThat(two.exit()).isZero();
    }

    @Test
    void shouldRefuseWhatCannotBeInOneSentence() {
        assertThat(pando("evaluate", "needle", run, "--lengths", "4k..").err())
                .isEqualTo("--lengths is \"4k..\"; write numbers of tokens as 4k..200k or as 4k,8k,16k\n");
        assertThat(pando("evaluate", "needle", run, "--lengths", 9).err())
                .startsWith("a length of 9 tokens has no room for a haystack beside the needle and its question");
        assertThat(pando("evaluate", "needle", run, "--lengths", "9999k", "--workers", 4000).err())
                .contains("GiB for keys and values in each of 4000 workers", "ask for shorter --lengths");
        assertThat(pando("evaluate", run, "--nodes", 2, "--workers", 2))
                .isEqualTo(
                        new Shown(
                                2,
                                "",
                                "--workers asks with threads and --nodes with processes of one thread each: name one of"
                                        + " the two; see pando evaluate --help\n"));
        assertThat(pando("evaluate", "needle", run, "--haystack", temp.resolve("none")).err())
                .contains("none cannot be read");
        assertThat(pando("evaluate").exit()).isEqualTo(2);
    }

    private Shown evaluate(String name, Object... how) {
        return pando(
                Stream.concat(
                                Stream.of(
                                        "evaluate",
                                        run,
                                        "--context",
                                        600,
                                        "--limit",
                                        1,
                                        "--items",
                                        temp.resolve(name + ".jsonl"),
                                        "--report",
                                        temp.resolve(name + ".html")),
                                Stream.of(how))
                        .toArray());
    }

    private Shown needle(List<Object> words, String name, Object... how) {
        Stream<Object> files =
                Stream.of("--items", temp.resolve(name + ".jsonl"), "--report", temp.resolve(name + ".html"));
        return pando(Stream.concat(Stream.concat(words.stream(), files), Stream.of(how)).toArray());
    }

    private static List<Path> left() throws IOException {
        String mine = "pando-evaluation-" + ProcessHandle.current().pid() + "-";
        try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
            return files.filter(file -> file.getFileName().toString().startsWith(mine)).toList();
        }
    }
}
