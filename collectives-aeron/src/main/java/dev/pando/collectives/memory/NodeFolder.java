package dev.pando.collectives.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// A node's own folder among the files that processes of one host share. Its name says whose it is, so that a process
/// that comes next can clear away what a killed process has left.
public final class NodeFolder implements AutoCloseable {
    private static final String PREFIX = "pando-";
    private static final long LEAST_BYTES = 16 << 20;
    private static final Path SELF = Path.of("/proc/self");
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final Path path;

    private NodeFolder(Path path) {
        this.path = path;
    }

    /// Clears away folders whose owners are gone, and makes one for this process.
    public static NodeFolder createIn(Path directory) {
        try {
            Files.createDirectories(directory);
            sweep(directory);
            long usable = Files.getFileStore(directory).getUsableSpace();
            if (usable < LEAST_BYTES) {
                throw new IllegalStateException(
                        String.format(
                                Locale.ROOT,
                                "%s has %,d KiB left, and a node needs %,d KiB there before any span; give that file"
                                        + " system more (a container: --shm-size), or name another directory for the"
                                        + " transport",
                                directory,
                                usable >> 10,
                                LEAST_BYTES >> 10));
            }
            return new NodeFolder(
                    Files.createDirectory(
                            directory.resolve(PREFIX + ProcessId.self() + "-" + COUNT.incrementAndGet())));
        } catch (IOException failure) {
            throw new UncheckedIOException(
                    "cannot make a folder in " + directory + " for files that members share: " + failure.getMessage(),
                    failure);
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        delete(path);
    }

    /// @return the folders that were deleted
    static List<Path> sweep(Path directory) throws IOException {
        try (Stream<Path> found = Files.list(directory)) {
            List<Path> stale = found.filter(folder -> isStale(folder) && isOurs(folder)).toList();
            stale.forEach(NodeFolder::delete);
            return stale;
        }
    }

    private static boolean isStale(Path folder) {
        String name = folder.getFileName().toString();
        int end = name.lastIndexOf('-');
        if (!name.startsWith(PREFIX) || end < PREFIX.length()) {
            return false;
        }
        try {
            return ProcessId.parse(name.substring(PREFIX.length(), end)).isGone();
        } catch (IllegalArgumentException notOfPando) {
            return false;
        }
    }

    /// Another user's folder is left to that user's processes: this one may not delete it.
    private static boolean isOurs(Path folder) {
        try {
            return Files.getAttribute(folder, "unix:uid").equals(Files.getAttribute(SELF, "unix:uid"));
        } catch (IOException goneOrUnknown) {
            return false;
        } catch (UnsupportedOperationException withoutUsers) {
            return true;
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException deletedByAnother) {
            // two processes may sweep at once
        } catch (IOException | UncheckedIOException stays) {
            System.getLogger(NodeFolder.class.getName())
                    .log(System.Logger.Level.WARNING, "cannot delete " + folder + ": " + stays.getMessage());
        }
    }
}
