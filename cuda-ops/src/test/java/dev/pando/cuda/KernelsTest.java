package dev.pando.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The PTX that users get is what the sources say: by its hash everywhere, by compiling it again where there is a
/// compiler.
class KernelsTest {
    private static final Path SOURCES = Path.of("src/main/cuda");
    private static final Path CARRIED = Path.of("src/main/resources/dev/pando/cuda");
    private static final String COMPILER = "Cuda compilation tools, release 13.0, V13.0.88";

    @Test
    void shouldCarryTheKernelsOfTheseSources() throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (String ending : List.of(".cu", ".cuh")) {
            try (Stream<Path> files = Files.list(SOURCES)) {
                for (Path file : files.filter(file -> file.toString().endsWith(ending)).sorted().toList()) {
                    digest.update(Files.readAllBytes(file));
                }
            }
        }

        assertThat(Files.readString(CARRIED.resolve("pando.ptx.sources")).strip())
                .as("the kernels have changed since their PTX was made: run cuda-ops/kernels")
                .isEqualTo(HexFormat.of().formatHex(digest.digest()));
    }

    @Test
    void shouldCompileToTheSamePtx(@TempDir Path folder) throws IOException, InterruptedException {
        assumeTrue(output("nvcc", "--version").contains(COMPILER), "skipped: no nvcc of " + COMPILER);

        String said = output("./kernels", folder.toString());

        assertThat(folder.resolve("pando.ptx")).as(said).hasSameTextualContentAs(CARRIED.resolve("pando.ptx"));
    }

    private static String output(String... command) throws IOException, InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return said;
        } catch (IOException missing) {
            return missing.getMessage();
        }
    }
}
