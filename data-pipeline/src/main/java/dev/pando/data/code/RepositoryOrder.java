package dev.pando.data.code;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Troubles;
import java.nio.file.Path;
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
/// code; where there is none, at the very beginning.
public final class RepositoryOrder {
    private static final Set<String> PROSE = Set.of("md", "markdown", "rst", "txt", "");

    private final String name;
    private final SortedMap<String, Source> files = new TreeMap<>();
    private final SortedMap<String, Set<String>> imports = new TreeMap<>();
    private final List<String> order;

    /// Reads a repository, a folder or an archive, and finds its order.
    public RepositoryOrder(Path root, Troubles troubles) {
        this(root.toAbsolutePath().normalize().getFileName().toString(), RepositoryFiles.read(root, troubles));
    }

    /// @param name what the document is called
    /// @param texts by path from the root
    public RepositoryOrder(String name, SortedMap<String, String> texts) {
        this.name = name;
        texts.forEach((path, text) -> files.put(path, new Source(path, Language.of(path), text)));
        findImports();
        order = withOthers(new ImportGraph(imports).order());
    }

    /// The programming language of a file, by its name; empty for what is no code.
    public static Optional<String> language(String path) {
        return Language.of(path).map(Language::fence);
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
        return markdown(Integer.MAX_VALUE).getFirst();
    }

    /// The same in parts, each with the repository's name above.
    ///
    /// @param most characters of a part, unless one file has more
    public List<String> markdown(int most) {
        List<String> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder("# " + name + "\n");
        for (String path : order) {
            Source file = files.get(path);
            if (text.length() + (long) file.text().length() > most) {
                parts.add(text.toString());
                text = new StringBuilder("# " + name + "\n");
            }
            append(file, text);
        }
        parts.add(text.toString());
        return parts;
    }

    private static void append(Source file, StringBuilder text) {
        String path = file.path();
        text.append("\n## ").append(path).append("\n\n");
        if (file.language().isEmpty() && PROSE.contains(Language.ending(path))) {
            text.append(file.text().strip()).append('\n');
            return;
        }
        String fence = fence(file.text());
        String language = file.language().map(Language::fence).orElse(Language.ending(path));
        text.append(fence).append(language).append('\n');
        text.append(file.text().stripTrailing()).append('\n').append(fence).append('\n');
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
