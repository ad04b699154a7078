package dev.pando.diagnosis.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TemplatesTest {
    @TempDir private Path folder;

    @Test
    void shouldGiveOneLineForEachLine() throws IOException {
        List<String> listed = list("took 5 ms", "", "took 17 ms", "ready");

        assertThat(listed).containsExactly("1\t1\ttook <*>", "2\t2\t", "3\t1\ttook <*>", "4\t3\tready");
    }

    @Test
    void shouldTakeListsOfAnyLengthForOneVariable() throws IOException {
        assertThat(numbers("held by 1, 2, 3 now", "held by 7 now", "held by 10.0.0.1:80, 10.0.0.2:80 now"))
                .containsOnly(1);
    }

    @Test
    void shouldTakeValuesOfKeysForVariables() throws IOException {
        assertThat(numbers("opened uid=0 tty=ssh user= rhost=a", "opened uid=12 tty= user=root rhost=b.c"))
                .containsOnly(1);
    }

    @Test
    void shouldFindNamesAmongWords() throws IOException {
        assertThat(
                        numbers(
                                "session opened for user root by daemon",
                                "session opened for user news by daemon",
                                "session opened for user cyrus by daemon",
                                "session closed for user root by daemon"))
                .containsExactly(1, 1, 1, 2);
    }

    @Test
    void shouldKeepWordsThatTellTemplatesApart() throws IOException {
        assertThat(numbers("the machine was started now", "the machine was stopped now")).containsExactly(1, 2);
        assertThat(
                        numbers(
                                "10.0.0.1 GET /a status: 200",
                                "10.0.0.1 POST /a status: 200",
                                "10.0.0.1 PUT /a status: 200"))
                .containsExactly(1, 2, 3);
    }

    private List<Integer> numbers(String... lines) throws IOException {
        return list(lines).stream().map(line -> Integer.valueOf(line.split("\t", -1)[1])).toList();
    }

    private List<String> list(String... lines) throws IOException {
        Path log = Files.writeString(folder.resolve("log"), String.join("\n", lines) + "\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Templates.list(log, out);
        return Arrays.asList(out.toString(StandardCharsets.UTF_8).split("\n"));
    }
}
