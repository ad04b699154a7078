package dev.pando.chaos.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithdrawnFolderTest {
    @TempDir private Path temp;

    @Test
    void shouldBeNoFolderWhileItIsWithdrawnAndTheSameOneAfterwards() throws IOException {
        Path folder = temp.resolve("journal");
        WithdrawnFolder journal = WithdrawnFolder.prepare(folder);
        Files.createDirectories(folder.resolve("job"));
        Files.writeString(folder.resolve("job/1"), "one");

        journal.takeAway();

        assertThatThrownBy(() -> Files.createDirectories(folder.resolve("job"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Files.readString(folder.resolve("job/1"))).isInstanceOf(IOException.class);

        journal.giveBack();
        journal.giveBack();

        assertThat(folder.resolve("job/1")).hasContent("one");
    }
}
