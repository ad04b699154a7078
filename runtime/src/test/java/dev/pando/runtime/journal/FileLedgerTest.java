package dev.pando.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.owner.Ledger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLedgerTest extends LedgerTest {
    @TempDir private Path folder;

    @Override
    Ledger open() {
        return new FileLedger(folder);
    }

    @Test
    void shouldStayInsideItsFolderAndLeaveNothingHalfDone() throws IOException {
        try (Ledger ledger = open()) {
            ledger.append("..", List.of(page(1, "one")));
            ledger.append("job|x/../../y", List.of(page(1, "one")));
        }

        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()))
                    .containsExactly("000000000001", "000000000001");
        }
    }

    @Test
    void shouldPassOverWhatADeadProcessLeftHalfWritten() throws IOException {
        try (Ledger ledger = open()) {
            ledger.append("job", List.of(page(1, "one")));
            Files.writeString(folder.resolve("job").resolve("draft-of-the-dead"), "pag");

            ledger.append("job", List.of(page(2, "other")));

            assertThat(ledger.last("job")).isEqualTo(2);
        }
    }
}
