package dev.pando.checkpoint.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalDiskTest {
    private final LocalDisk disk = new LocalDisk();

    @TempDir Path folder;

    /// A job would start over where its checkpoints only cannot be read just now.
    @Test
    void shouldNotTakeWhatItCannotLookAtForAbsent() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(disk.exists(file)).isTrue();
        assertThat(disk.exists(folder.resolve("none"))).isFalse();
        assertThatThrownBy(() -> disk.exists(folder.resolve("x".repeat(300)))).isInstanceOf(FileSystemException.class);
    }

    @Test
    void shouldTakeARenameForDoneWhoseAnswerWasLostOnItsWay() throws IOException {
        LocalDisk far =
                new LocalDisk() {
                    @Override
                    void rename(Path from, Path to) throws IOException {
                        super.rename(from, to);
                        super.rename(from, to); // as a file server does that did not hear that it was done
                    }
                };
        Path from = Files.writeString(folder.resolve("from"), "all of it");
        Path to = folder.resolve("to");

        far.move(from, to);

        assertThat(to).hasContent("all of it");
        assertThatThrownBy(() -> far.move(from, folder.resolve("other"))).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> far.move(to, to)).isInstanceOf(FileAlreadyExistsException.class);
    }
}
