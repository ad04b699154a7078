package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The example of the README is a class of the tests, and does what the README says.
class ReadmeTest {
    private static final String EXAMPLE = "dev.pando.collectives.example.Sum";

    @Test
    void shouldShowTheExampleAsItIsCompiled() throws IOException {
        Path source = Path.of("src/test/java", EXAMPLE.replace('.', '/') + ".java");

        assertThat(Files.readString(Path.of("README.md"))).contains(Files.readString(source));
    }

    @Test
    void shouldAddTheNumbersOfTwoProcesses() throws IOException {
        Process left = start("left", "1.5");
        Process right = start("right", "2.25");
        BufferedReader fromLeft = left.inputReader(StandardCharsets.UTF_8);
        BufferedReader fromRight = right.inputReader(StandardCharsets.UTF_8);
        List<String> addresses = List.of(fromLeft.readLine(), fromRight.readLine());

        tell(left, addresses);
        tell(right, addresses);

        assertThat(List.of(fromLeft.readLine(), fromRight.readLine())).containsOnly("Done[] 3.75");
    }

    private static Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(Arrays.asList(System.getProperty("pando.jvm.flags").split(" ")));
        command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path"), EXAMPLE));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static void tell(Process process, List<String> addresses) {
        PrintStream words = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        addresses.forEach(words::println);
    }
}
