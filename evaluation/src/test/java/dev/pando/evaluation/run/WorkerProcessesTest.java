package dev.pando.evaluation.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.evaluation.Models;
import dev.pando.evaluation.Suite;
import dev.pando.evaluation.model.LanguageModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The oracle is the same evaluation by one thread, undisturbed. With `-Dpando.evaluation.kills=50` the tests take
/// minutes: that many kills, and all numbers of processes up to seven.
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class WorkerProcessesTest {
    private static final int KILLS = Integer.getInteger("pando.evaluation.kills", 4);
    private static final int WORKERS = 2;

    @TempDir private Path folder;
    private int items;

    @Test
    void shouldGiveTheBytesOfOneThreadForAnyNumberOfProcesses() throws Exception {
        write(40);
        byte[] expected = byOneThread();

        int[] counts = KILLS < 50 ? new int[] {3} : new int[] {1, 2, 3, 4, 5, 6, 7};
        int[] batches = KILLS < 50 ? new int[] {7} : new int[] {1, 7, 64};
        for (int count : counts) {
            for (int batch : batches) {
                Files.deleteIfExists(folder.resolve("items.jsonl"));
                Process whole = start(count, batch);
                try (BufferedReader lines = whole.inputReader()) {
                    assertThat(lines.lines().reduce((_, last) -> last)).contains("whole");
                }
                assertThat(Files.readAllBytes(folder.resolve("items.jsonl")))
                        .as("%d processes, batch %d", count, batch)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldAskOnlyTheItemsInFlightAgainUnderSigkills() throws Exception {
        write(12 * KILLS + 20);
        byte[] expected = byOneThread();
        long seed = System.nanoTime();
        System.out.println("seed " + seed + ", " + KILLS + " kills");
        Random random = new Random(seed);

        int again = 0; // items that may be asked twice: one for each worker that a kill hit
        int kills = 0;
        boolean whole = false;
        while (!whole) {
            Process evaluation = start(WORKERS, 1 + random.nextInt(5));
            try (BufferedReader lines = evaluation.inputReader()) {
                boolean alive = true;
                while (alive) {
                    whole = read(lines, kills < KILLS ? 1 + random.nextInt(8) : Integer.MAX_VALUE);
                    alive = !whole && kills < KILLS;
                    if (alive) {
                        List<ProcessHandle> workers = evaluation.children().toList();
                        kills++;
                        if (random.nextInt(4) < 3 && !workers.isEmpty()) {
                            workers.get(random.nextInt(workers.size())).destroyForcibly();
                            again++;
                        } else {
                            evaluation.destroyForcibly().waitFor(60, TimeUnit.SECONDS);
                            again += WORKERS;
                            for (ProcessHandle worker : workers) { // they end with their input
                                worker.onExit().get(60, TimeUnit.SECONDS);
                            }
                            alive = false;
                        }
                    }
                }
            }
            assertThat(evaluation.waitFor(60, TimeUnit.SECONDS)).as("end of the evaluation").isTrue();
        }

        assertThat(kills).as("seed %d: kills", seed).isEqualTo(KILLS);
        assertThat(Files.readAllBytes(folder.resolve("items.jsonl"))).as("seed %d", seed).isEqualTo(expected);
        long asked = Files.size(folder.resolve("asked"));
        System.out.println(items + " items, " + (asked - items) + " of them asked again, " + again + " at most");
        assertThat(asked).as("seed %d: items asked", seed).isBetween((long) items, (long) items + again);
    }

    @Test
    void shouldNameTheItemThatEndsItsWorkers() throws Exception {
        write(3);
        try (Arena arena = Arena.ofShared()) {
            LanguageModel model = Models.random(arena, 200);
            List<String> command = List.of("/bin/sh", "-c", "echo out of memory >&2; exit 3");

            assertThatThrownBy(() ->
                            EvaluationProcess.suite(folder)
                                    .ask(
                                            model,
                                            Journal.inMemory(),
                                            new Workers.Processes(1, command),
                                            1,
                                            (_, _, _) -> {}))
                    .hasMessageContaining("endings")
                    .hasMessageContaining("endings.jsonl:1")
                    .hasMessageContaining("4 worker processes were lost with it in a row")
                    .hasMessageContaining("out of memory");
        }
    }

    @Test
    void shouldRefuseAWorkerWithAnotherModel() throws Exception {
        write(3);
        try (Arena arena = Arena.ofShared()) {
            LanguageModel model = Models.random(arena, 100); // the process opens it with a context of 200

            assertThatThrownBy(() ->
                            EvaluationProcess.suite(folder)
                                    .ask(
                                            model,
                                            Journal.inMemory(),
                                            new Workers.Processes(1, EvaluationProcess.command("worker", folder)),
                                            1,
                                            (_, _, _) -> {}))
                    .hasMessageContaining("has another model than this evaluation");
        }
    }

    /// Reads up to so many lines; whether the evaluation ended.
    private static boolean read(BufferedReader lines, int most) throws IOException {
        for (int i = 0; i < most; i++) {
            String line = lines.readLine();
            assertThat(line).as("line of an evaluation that was not killed").isNotNull();
            if (line.equals("whole")) {
                return true;
            }
        }
        return false;
    }

    private Process start(int workers, int batch) throws IOException {
        return new ProcessBuilder(
                        EvaluationProcess.command("whole", folder, Integer.toString(workers), Integer.toString(batch)))
                .redirectError(folder.resolve("errors").toFile())
                .start();
    }

    private byte[] byOneThread() throws IOException {
        Path file = folder.resolve("alone.jsonl");
        try (Arena arena = Arena.ofShared()) {
            LanguageModel model = Models.random(arena, 200);
            Suite suite = EvaluationProcess.suite(folder);
            try (Journal journal = Journal.open(file, List.of(model), suite.tasks())) {
                journal.finish(suite.ask(model, journal, new Workers.Threads(1), 1, (_, _, _) -> {}).results());
            }
        }
        return Files.readAllBytes(file);
    }

    private void write(int count) throws IOException {
        items = count;
        List<String> lines = new ArrayList<>();
        Random random = new Random(8);
        for (int i = 0; i < count; i++) {
            lines.add(
                    "{\"context\": \""
                            + "What is the capital? ".repeat(1 + random.nextInt(12))
                            + "\", \"continuation\": \"number "
                            + i
                            + "\"}");
        }
        Files.write(folder.resolve("endings.jsonl"), lines, StandardCharsets.UTF_8);
        Files.writeString(
                folder.resolve("tasks.conf"),
                """
                endings {
                  dimension = language
                  data.files = "endings.jsonl"
                  mode = log-likelihood
                  prompt = "{{context}}"
                  continuation = "{{continuation}}"
                }
                """);
    }
}
