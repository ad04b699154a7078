package dev.pando.data.read;

import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.training.data.Glob;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Finds the files of a source, in the order of their names; what is no file is counted and named.
public final class SourceFiles {
    private SourceFiles() {}

    /// @param paths files and folders
    /// @param files globs of what is taken from folders
    /// @param exclude globs of what is not
    /// @return files by name: the path as given, and what follows below it
    public static SortedMap<String, Path> find(
            List<String> paths, List<String> files, List<String> exclude, Troubles troubles) {
        SortedMap<String, Path> found = new TreeMap<>();
        List<Glob> wanted = files.stream().map(Glob::new).toList();
        List<Glob> unwanted = exclude.stream().map(Glob::new).toList();
        for (String name : paths) {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                walk(path, wanted, unwanted, found, troubles);
            } else if (Files.isRegularFile(path)) {
                found.put(name, path);
            } else {
                throw new PipelineException(
                        "a source names "
                                + name
                                + ", which is no file or folder (looked for "
                                + path.toAbsolutePath()
                                + ")");
            }
        }
        return found;
    }

    private static void walk(
            Path root, List<Glob> wanted, List<Glob> unwanted, SortedMap<String, Path> found, Troubles troubles) {
        try {
            Files.walkFileTree(
                    root,
                    EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                    Integer.MAX_VALUE,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                            String name = relative(root, folder);
                            return !name.isEmpty() && unwanted.stream().anyMatch(glob -> glob.matchesAllOf(name))
                                    ? FileVisitResult.SKIP_SUBTREE
                                    : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                            String name = relative(root, file);
                            if (wanted.stream().noneMatch(glob -> glob.matches(name))
                                    || unwanted.stream().anyMatch(glob -> glob.matches(name))) {
                                return FileVisitResult.CONTINUE;
                            }
                            if (attributes.isRegularFile()) {
                                found.put(file.toString(), file);
                            } else if (attributes.isSymbolicLink()) {
                                troubles.add("link to nothing", file.toString());
                            } else {
                                troubles.add("no regular file, such as a pipe", file.toString());
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException e) {
                            String kind =
                                    switch (e) {
                                        case FileSystemLoopException _ -> "link in a circle";
                                        case NoSuchFileException _ -> "link to nothing";
                                        default -> "file that cannot be read";
                                    };
                            troubles.add(kind, file + " (" + JsonLines.reason(e) + ")");
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(Path folder, IOException e) {
                            if (e != null) {
                                troubles.add("folder that cannot be listed", folder + " (" + JsonLines.reason(e) + ")");
                            }
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new PipelineException("cannot list " + root + ": " + JsonLines.reason(e), e);
        }
    }

    private static String relative(Path root, Path path) {
        return root.relativize(path).toString().replace(path.getFileSystem().getSeparator(), "/");
    }
}
