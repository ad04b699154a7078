package dev.pando.cuda;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds cuBLASLt wherever it came from: the linker's path, a toolkit, or the wheels that Python packages bring.
final class CublasLibrary {
    /// Names a file, for where the search does not look.
    private static final String VARIABLE = "PANDO_CUBLASLT";

    private static final List<String> SONAMES = List.of("libcublasLt.so.13", "libcublasLt.so.12");

    private CublasLibrary() {}

    /// @param file as the linker takes it
    record Found(String file, String name) {
        @Override
        public String toString() {
            return name + " (" + file + ")";
        }
    }

    /// The first that loads, the newest version first.
    static Optional<Found> find() {
        return candidates().stream().flatMap(file -> tried(file).stream()).findFirst();
    }

    private static Optional<Found> tried(String file) {
        try {
            return Optional.of(new Found(file, CublasLt.versionOf(file)));
        } catch (IllegalArgumentException | NoSuchElementException unusable) {
            return Optional.empty();
        }
    }

    private static List<String> candidates() {
        String named = System.getenv(VARIABLE);
        if (named != null && !named.isBlank()) {
            return List.of(named);
        }
        List<String> candidates = new ArrayList<>();
        List<Path> folders = folders();
        for (String soname : SONAMES) {
            candidates.add(soname);
            folders.stream()
                    .map(folder -> folder.resolve(soname))
                    .filter(Files::isReadable)
                    .forEach(file -> candidates.add(file.toString()));
        }
        return candidates;
    }

    private static List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        for (Path toolkit : matching(Path.of("/usr/local"), "cuda*")) {
            folders.add(toolkit.resolve("lib64"));
            folders.add(toolkit.resolve("targets/x86_64-linux/lib"));
        }
        folders.add(Path.of("/usr/lib/x86_64-linux-gnu"));
        folders.add(Path.of("/usr/lib64"));
        List<Path> prefixes = new ArrayList<>();
        Stream.of("VIRTUAL_ENV", "CONDA_PREFIX")
                .map(System::getenv)
                .filter(prefix -> prefix != null && !prefix.isBlank())
                .forEach(prefix -> prefixes.add(Path.of(prefix)));
        prefixes.add(Path.of(System.getProperty("user.home"), ".local"));
        prefixes.addAll(List.of(Path.of("/usr/local"), Path.of("/usr"), Path.of("/opt/conda")));
        for (Path prefix : prefixes) {
            folders.add(prefix.resolve("lib"));
            for (Path python : matching(prefix.resolve("lib"), "python3*")) {
                for (String packages : List.of("site-packages", "dist-packages")) {
                    Path wheels = python.resolve(packages).resolve("nvidia");
                    matching(wheels, "{cublas,cu1*}").forEach(wheel -> folders.add(wheel.resolve("lib")));
                }
            }
        }
        return folders;
    }

    /// Newest names first.
    private static List<Path> matching(Path folder, String glob) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, glob)) {
            stream.forEach(found::add);
        } catch (IOException absent) {
            return List.of();
        }
        found.sort(Collections.reverseOrder());
        return found;
    }
}
