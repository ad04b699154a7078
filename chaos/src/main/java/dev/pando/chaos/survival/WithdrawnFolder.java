package dev.pando.chaos.survival;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// Takes a folder away from all processes that use it, in one act, and gives it back as it was: they reach it through a
/// link, which leads to what is no folder meanwhile.
final class WithdrawnFolder {
    private final Path link;
    private final Path kept;
    private final Path nothing;

    private WithdrawnFolder(Path link) {
        this.link = link;
        this.kept = link.resolveSibling(link.getFileName() + "-kept");
        this.nothing = link.resolveSibling(link.getFileName() + "-withdrawn");
    }

    /// @param folder where there is nothing yet
    static WithdrawnFolder prepare(Path folder) {
        WithdrawnFolder prepared = new WithdrawnFolder(folder);
        try {
            Files.createDirectories(prepared.kept);
            Files.createFile(prepared.nothing);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot prepare " + folder, failed);
        }
        prepared.giveBack();
        return prepared;
    }

    void takeAway() {
        lead(nothing);
    }

    void giveBack() {
        lead(kept);
    }

    private void lead(Path to) {
        Path next = link.resolveSibling(link.getFileName() + "-next");
        try {
            Files.deleteIfExists(next);
            Files.createSymbolicLink(next, to.getFileName());
            Files.move(next, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot let " + link + " lead to " + to, failed);
        }
    }
}
