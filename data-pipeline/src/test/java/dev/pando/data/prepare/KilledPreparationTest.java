package dev.pando.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: the hash of a run that was never killed.
final class KilledPreparationTest {
    @TempDir private Path folder;

    @Test
    void shouldEndWithTheSameHashHoweverOftenItIsKilled() throws Exception {
        Village.write(folder, 2);
        for (int i = 0; i < 3; i++) {
            // some tasks more: a source each, so that a kill falls between
            Files.createDirectories(folder.resolve("s" + i));
            Files.writeString(folder.resolve("s" + i + "/t.txt"), new Village(20 + i).text(20));
        }
        Recipes recipes = new Recipes(folder);
        String whole = lastLine(start(recipes.write("whole"), 1));
        Path killed = recipes.write("killed");

        int kills = 0;
        for (int lines = 1; lines <= 22; lines += 3) {
            Process process = start(killed, 1 + lines % 3);
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                int read = 0;
                while (read < lines && out.readLine() != null) {
                    read++;
                }
                kills += read == lines ? 1 : 0;
                process.destroyForcibly(); // SIGKILL
                process.waitFor();
            }
        }

        assertThat(kills).isGreaterThanOrEqualTo(5);
        assertThat(lastLine(start(killed, 3))).isEqualTo(whole).startsWith("sha256:");
    }

    private record Recipes(Path folder) {
        Path write(String out) throws IOException {
            StringBuilder sources = new StringBuilder();
            for (int i = 0; i < 3; i++) {
                sources.append("{name = s%s, paths = [\"%s/s%s\"]}\n".formatted(Integer.toString(i), folder, i));
            }
            Path file = folder.resolve(out + ".conf");
            return Files.writeString(
                    file,
                    """
                    pando.data.corpus {
                      out = "%s"
                      sources = [{name = village, paths = ["%s", "%s"]}
                        %s]
                      steps = [%s]
                      output.vocabulary = 300
                    }
                    """
                            .formatted(
                                    folder.resolve(out),
                                    folder.resolve("notes"),
                                    folder.resolve("more.jsonl"),
                                    sources,
                                    Village.steps(folder)));
        }
    }

    private static Process start(Path recipe, int workers) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-XX:TieredStopAtLevel=1",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledPreparation.class.getName(),
                        recipe.toString(),
                        Integer.toString(workers))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static String lastLine(Process process) throws IOException, InterruptedException {
        String last = "";
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                last = line;
            }
        }
        assertThat(process.waitFor()).isZero();
        return last;
    }
}
