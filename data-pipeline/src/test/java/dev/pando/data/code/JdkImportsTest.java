package dev.pando.data.code;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.attribute.SourceFileAttribute;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: the compiler. Which class names which stands in the constant pools of the running JDK's own `java.base`; of
/// these, the edges to a type whose name stands in the file. The others are types of expressions, which nothing
/// imports.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JdkImportsTest {
    private static final Pattern TYPES = Pattern.compile("L([\\w/$]+)[;<]");

    private final SortedMap<String, Set<String>> truth = new TreeMap<>();
    private final Map<String, Set<String>> words = new HashMap<>();
    private Path root;
    private SortedMap<String, Set<String>> found;
    private List<String> order;

    @BeforeAll
    void readTheModule(@TempDir Path folder) throws IOException {
        root = folder;
        Path sources = Path.of(System.getProperty("java.home"), "lib", "src.zip");
        assumeTrue(Files.isRegularFile(sources), "this JDK comes without its sources");
        unzip(sources, root);
        RepositoryOrder repository = new RepositoryOrder(root, new Troubles());
        found = repository.imports();
        order = repository.order();
        readClasses(FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules", "java.base"));
    }

    @Test
    void shouldFindWhatTheCompilerFoundInTheJdk() {
        long both = 0;
        long ours = 0;
        long theirs = 0;
        for (var file : truth.entrySet()) {
            Set<String> imports = found.get(file.getKey());
            ours += imports.size();
            theirs += file.getValue().size();
            both += file.getValue().stream().filter(imports::contains).count();
        }
        double precision = (double) both / ours;
        double recall = (double) both / theirs;
        System.out.printf(
                Locale.ROOT,
                "java.base: %d files, %d edges of the compiler, precision %.3f, recall %.3f%n",
                truth.size(),
                theirs,
                precision,
                recall);

        // the compiler puts constants in place of their names, and forgets imports that only documentation uses
        assertThat(precision).isGreaterThan(0.9);
        assertThat(recall).isGreaterThan(0.95);
    }

    @Test
    void shouldPutEveryFileBehindItsImportsUnlessTheyAreInACircle() {
        Map<String, Integer> place = new HashMap<>();
        order.forEach(path -> place.put(path, place.size()));
        Map<String, Set<String>> reached = new HashMap<>();
        long checked = 0;

        for (var file : found.entrySet()) {
            for (String imported : file.getValue()) {
                if (place.get(imported) > place.get(file.getKey())) {
                    assertThat(reached.computeIfAbsent(imported, this::reachable))
                            .as("%s comes before its import %s, and so must be imported by it", file.getKey(), imported)
                            .contains(file.getKey());
                }
                checked++;
            }
        }

        assertThat(order).doesNotHaveDuplicates().hasSize(place.size());
        assertThat(checked).isGreaterThan(10_000);
    }

    private Set<String> reachable(String from) {
        Set<String> seen = new HashSet<>(Set.of(from));
        List<String> open = new ArrayList<>(seen);
        while (!open.isEmpty()) {
            for (String next : found.get(open.removeLast())) {
                if (seen.add(next)) {
                    open.add(next);
                }
            }
        }
        return seen;
    }

    private static void unzip(Path sources, Path root) throws IOException {
        try (ZipFile zip = new ZipFile(sources.toFile())) {
            for (ZipEntry entry : zip.stream().toList()) {
                if (entry.getName().startsWith("java.base/") && entry.getName().endsWith(".java")) {
                    Path file = root.resolve(entry.getName().substring("java.base/".length()));
                    Files.createDirectories(file.getParent());
                    try (InputStream in = zip.getInputStream(entry)) {
                        Files.copy(in, file);
                    }
                }
            }
        }
    }

    private void readClasses(Path module) throws IOException {
        Map<String, String> sources = new HashMap<>();
        Map<String, Set<String>> named = new HashMap<>();
        List<Path> classes;
        try (var files = Files.walk(module)) {
            classes = files.filter(file -> file.toString().endsWith(".class")).toList();
        }
        for (Path file : classes) {
            ClassModel model = ClassFile.of().parse(Files.readAllBytes(file));
            String name = model.thisClass().asInternalName();
            String folder = name.substring(0, name.lastIndexOf('/') + 1);
            model.findAttribute(java.lang.classfile.Attributes.sourceFile())
                    .map(SourceFileAttribute::sourceFile)
                    .map(Utf8Entry::stringValue)
                    .filter(source -> found.containsKey(folder + source))
                    .ifPresent(source -> sources.put(name, folder + source));
            named.put(name, names(model));
        }
        sources.forEach((name, source) -> {
            Set<String> words = words(source);
            Set<String> edges = truth.computeIfAbsent(source, _ -> new TreeSet<>());
            for (String other : named.get(name)) {
                String file = sources.get(other);
                if (file != null && !file.equals(source) && isNamed(other, words)) {
                    edges.add(file);
                }
            }
        });
    }

    /// Identifiers of a file, its comments and quoted text left out.
    private Set<String> words(String source) {
        return words.computeIfAbsent(
                source,
                path -> {
                    try {
                        String text = Plain.of(Files.readString(root.resolve(path)), Plain.Style.BRACES, false);
                        return new HashSet<>(List.of(text.split("\\W+")));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    /// By its own name, or that of a type around it.
    private static boolean isNamed(String type, Set<String> words) {
        for (String part : type.substring(type.lastIndexOf('/') + 1).split("\\$")) {
            if (words.contains(part)) {
                return true;
            }
        }
        return false;
    }

    private static Set<String> names(ClassModel model) {
        Set<String> names = new TreeSet<>();
        for (PoolEntry entry : model.constantPool()) {
            if (entry instanceof ClassEntry type && !type.asInternalName().startsWith("[")) {
                names.add(type.asInternalName());
            } else if (entry instanceof Utf8Entry text) {
                Matcher types = TYPES.matcher(text.stringValue());
                while (types.find()) {
                    names.add(types.group(1));
                }
            }
        }
        return names;
    }
}
