package dev.pando.data.code;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.read.Encodings;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// The files of one repository in the order of their imports: the single step `order`.
///
/// Files that are no code come before the first code file of their folder, or of the nearest folder above that has
/// code; where there is none, at the very beginning. Links are not followed.
public final class RepositoryOrder {
    private static final long LARGEST = 4 << 20;
    private static final Set<String> SKIPPED = Set.of(".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv");
    private static final Set<String> PROSE = Set.of("md", "markdown", "rst", "txt", "");

    private final Path root;
    private final SortedMap<String, Source> files = new TreeMap<>();
    private final SortedMap<String, Set<String>> imports = new TreeMap<>();
    private final List<String> order;

    /// Reads a repository and finds its order.
    ///
    /// @param root its folder
    public RepositoryOrder(Path root, Troubles troubles) {
        if (!Files.isDirectory(root)) {
            throw new PipelineException(root + " is no folder: name the folder of a repository");
        }
        this.root = root;
        try {
            walk(troubles);
        } catch (IOException e) {
            throw new PipelineException("cannot list " + root + ": " + JsonLines.reason(e), e);
        }
        findImports();
        order = withOthers(new ImportGraph(imports).order());
    }

    /// Paths from the root, in order.
    public List<String> order() {
        return order;
    }

    /// Imported files by importing file; code alone.
    public SortedMap<String, Set<String>> imports() {
        return imports;
    }

    /// One object a file, in order: `path`, `language` (null for a file that is no code), `imports`.
    public List<ObjectNode> objects() {
        List<ObjectNode> objects = new ArrayList<>();
        for (String path : order) {
            ObjectNode object = JsonLines.object().put("path", path);
            object.put("language", files.get(path).language().map(Language::fence).orElse(null));
            ArrayNode list = object.putArray("imports");
            imports.getOrDefault(path, Set.of()).forEach(list::add);
            objects.add(object);
        }
        return objects;
    }

    /// All files as one document: a heading with the path, then the text, fenced unless it is prose.
    public String markdown() {
        StringBuilder text = new StringBuilder("# " + root.toAbsolutePath().normalize().getFileName() + "\n");
        for (String path : order) {
            Source file = files.get(path);
            text.append("\n## ").append(path).append("\n\n");
            if (file.language().isEmpty() && PROSE.contains(Language.ending(path))) {
                text.append(file.text().strip()).append('\n');
                continue;
            }
            String fence = fence(file.text());
            String language = file.language().map(Language::fence).orElse(Language.ending(path));
            text.append(fence).append(language).append('\n');
            text.append(file.text().stripTrailing()).append('\n').append(fence).append('\n');
        }
        return text.toString();
    }

    /// Longer than every run of backquotes inside.
    private static String fence(String text) {
        int longest = 2;
        int run = 0;
        for (int i = 0; i < text.length(); i++) {
            run = text.charAt(i) == '`' ? run + 1 : 0;
            longest = Math.max(longest, run);
        }
        return "`".repeat(longest + 1);
    }

    private void walk(Troubles troubles) throws IOException {
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                        boolean skipped = !folder.equals(root) && SKIPPED.contains(folder.getFileName().toString());
                        return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                        if (attributes.isRegularFile()) {
                            take(file, attributes.size(), troubles);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException e) {
                        troubles.add("file that cannot be read", file + " (" + JsonLines.reason(e) + ")");
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private void take(Path file, long size, Troubles troubles) throws IOException {
        if (size > LARGEST) {
            troubles.add("file over " + (LARGEST >> 20) + " MiB", file.toString());
            return;
        }
        String path = root.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
        String text;
        try {
            byte[] bytes = Files.readAllBytes(file);
            text = Encodings.decode(bytes, "", false).text();
        } catch (IOException e) {
            troubles.add("file that cannot be read", file + " (" + JsonLines.reason(e) + ")");
            return;
        }
        if (text.indexOf('\0') >= 0) {
            troubles.add("binary file", file.toString());
            return;
        }
        String sound = JsonLines.sound(text.replace("\r\n", "\n"));
        files.put(path, new Source(path, Language.of(path), sound));
    }

    private void findImports() {
        Map<Language, List<Source>> byLanguage = new EnumMap<>(Language.class);
        for (Language language : Language.values()) {
            byLanguage.put(language, new ArrayList<>());
        }
        files.values().forEach(file -> file.language().ifPresent(language -> byLanguage.get(language).add(file)));
        Imports jvm = new JvmImports(together(byLanguage, Language.JAVA, Language.KOTLIN));
        Imports includes = new PathImports.Includes(together(byLanguage, Language.C, Language.CPP));
        Imports modules =
                new PathImports.Modules(
                        together(byLanguage, Language.JAVASCRIPT, Language.TYPESCRIPT), named("package.json"));
        Imports python = new PythonImports(byLanguage.get(Language.PYTHON));
        Imports go = new PathImports.Packages(byLanguage.get(Language.GO), named("go.mod"));
        Imports rust = new RustImports(byLanguage.get(Language.RUST), named("Cargo.toml"));
        for (Source file : files.values()) {
            Optional<Imports> found =
                    file.language()
                            .map(language ->
                                    switch (language) {
                                        case JAVA, KOTLIN -> jvm;
                                        case C, CPP -> includes;
                                        case JAVASCRIPT, TYPESCRIPT -> modules;
                                        case PYTHON -> python;
                                        case GO -> go;
                                        case RUST -> rust;
                                    });
            found.ifPresent(finder -> imports.put(file.path(), finder.of(file)));
        }
        // a manifest may be imported as a module is; only code has a place in the graph
        imports.values().forEach(set -> set.retainAll(imports.keySet()));
    }

    private static List<Source> together(Map<Language, List<Source>> byLanguage, Language one, Language other) {
        List<Source> both = new ArrayList<>(byLanguage.get(one));
        both.addAll(byLanguage.get(other));
        return both;
    }

    private List<Source> named(String name) {
        return files.values().stream().filter(file -> file.name().equals(name)).toList();
    }

    private List<String> withOthers(List<String> code) {
        Set<String> folders = new TreeSet<>();
        code.forEach(path -> folders.add(Source.folder(path)));
        Map<String, List<String>> before = new TreeMap<>();
        List<String> all = new ArrayList<>();
        for (Source file : files.values()) {
            if (file.language().isEmpty()) {
                String folder = file.folder();
                while (!folder.isEmpty() && !folders.contains(folder)) {
                    folder = Source.folder(folder);
                }
                if (folders.contains(folder)) {
                    before.computeIfAbsent(folder, _ -> new ArrayList<>()).add(file.path());
                } else {
                    all.add(file.path());
                }
            }
        }
        for (String path : code) {
            List<String> others = before.remove(Source.folder(path));
            if (others != null) {
                all.addAll(others);
            }
            all.add(path);
        }
        return all;
    }
}
