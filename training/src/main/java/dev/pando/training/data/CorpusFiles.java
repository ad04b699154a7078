package dev.pando.training.data;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Finds the files that a [DataConfig] names, each once, in an order that is the same on every machine.
final class CorpusFiles {
    /// A file of the corpus.
    ///
    /// @param root number of the entry of `paths` it was found by
    /// @param name relative to that entry, with slashes
    /// @param path where it is on this machine
    record Found(int root, String name, Path path, long bytes) {
        /// What the file is called in digests: the same wherever the corpus lies.
        String key() {
            return root + "/" + name;
        }
    }

    private final List<Glob> include;
    private final List<Glob> exclude;
    private final Path prepared;
    private final Set<Path> seen = new HashSet<>();
    private final List<Found> found = new ArrayList<>();
    private final List<Corpus.Skipped> hidden = new ArrayList<>();
    private long matched;

    private CorpusFiles(DataConfig config) {
        include = config.files().stream().map(Glob::new).toList();
        exclude = config.exclude().stream().map(Glob::new).toList();
        prepared = absolute(config.prepared());
    }

    static CorpusFiles find(DataConfig config) {
        CorpusFiles files = new CorpusFiles(config);
        for (int root = 0; root < config.paths().size(); root++) {
            files.add(root, config.paths().get(root));
        }
        files.hidden.sort(Comparator.comparing(file -> file.path().toString()));
        return files;
    }

    /// In order.
    List<Found> found() {
        return found;
    }

    /// Hidden files, which hold settings and secrets more often than text, and which no pattern asks for by its dot.
    List<Corpus.Skipped> hidden() {
        return hidden;
    }

    private void add(int root, String name) {
        Path path = path(name);
        int before = found.size();
        long matchedBefore = matched;
        if (path != null && Files.isDirectory(path)) {
            walk(root, path, include);
        } else if (path != null && Files.isRegularFile(path)) {
            take(root, path.getFileName().toString(), path, size(path));
        } else if (Glob.isGlob(name)) {
            int fixed = fixedPart(name);
            Path base = Path.of(name.substring(0, fixed));
            require(Files.isDirectory(base), name, "matches nothing: there is no directory " + absolute(base));
            // a slash in front: a glob in paths means the place it says, at no other depth
            walk(root, base, List.of(new Glob("/" + name.substring(fixed))));
            require(matched > matchedBefore, name, "matches no file that is not excluded");
        } else {
            boolean isThere = path != null && Files.exists(path);
            String fault = isThere ? "is neither a file nor a directory" : "does not exist";
            require(false, name, fault + (path == null ? "" : " (looked for " + absolute(path) + ")"));
        }
        // not in the order of the file system, which differs between machines
        found.subList(before, found.size()).sort(Comparator.comparing(Found::name));
    }

    private void walk(int root, Path base, List<Glob> wanted) {
        try {
            var links = EnumSet.of(FileVisitOption.FOLLOW_LINKS);
            Files.walkFileTree(
                    base,
                    links,
                    Integer.MAX_VALUE,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                            String name = relative(base, directory);
                            boolean out =
                                    absolute(directory).equals(prepared)
                                            || !name.isEmpty()
                                                    && exclude.stream().anyMatch(glob -> glob.matchesAllOf(name));
                            return out ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                            String name = relative(base, file);
                            if (attributes.isRegularFile()
                                    && wanted.stream().anyMatch(glob -> glob.matches(name))
                                    && exclude.stream().noneMatch(glob -> glob.matches(name))) {
                                if (isHidden(file) && wanted.stream().noneMatch(Glob::wantsHidden)) {
                                    hidden.add(new Corpus.Skipped(file, "hidden"));
                                } else {
                                    take(root, name, file, attributes.size());
                                }
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                            if (e instanceof FileSystemLoopException) {
                                return FileVisitResult.CONTINUE;
                            }
                            throw new DataException(
                                    "cannot read "
                                            + file
                                            + ": "
                                            + Disk.reason(e)
                                            + "; make it readable, or name it in data.exclude",
                                    e);
                        }
                    });
        } catch (IOException e) {
            throw new DataException("cannot list " + base + ": " + Disk.reason(e), e);
        }
    }

    private void take(int root, String name, Path path, long bytes) {
        matched++;
        if (seen.add(absolute(path))) {
            found.add(new Found(root, name, path, bytes));
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new DataException("cannot read " + file + ": " + Disk.reason(e), e);
        }
    }

    /// Length of the directories in front of the first part that is a pattern.
    private static int fixedPart(String name) {
        int first = 0;
        while ("*?[{".indexOf(name.charAt(first)) < 0) {
            first++;
        }
        return name.lastIndexOf('/', first) + 1;
    }

    private static Path path(String name) {
        try {
            // "." would be in front of every name that a person reads
            return Path.of(name.equals(".") ? "" : name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static boolean isHidden(Path file) {
        return file.getFileName().toString().startsWith(".");
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    private static String relative(Path base, Path path) {
        return base.relativize(path).toString().replace(path.getFileSystem().getSeparator(), "/");
    }

    private static void require(boolean holds, String name, String why) {
        if (!holds) {
            throw new DataException(
                    "data.paths names \"" + name + "\", which " + why + ": name an existing file, directory or glob");
        }
    }
}
