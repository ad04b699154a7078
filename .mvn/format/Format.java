import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.JavaFormatterOptions.ImportOrder;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import com.google.googlejavaformat.java.StringWrapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Keeps every source file in one shape, so that a diff shows what was meant and nothing else.
///
/// Runs as a source file, with a separate JDK 25, because google-java-format needs the parser of the language it
/// formats: `java … Format.java check|fix ROOT FOLDER`. In the folder, `known` remembers by hash which contents are in
/// shape, so a build in which nothing changed pays for reading the files and no more; `out-of-shape` exists while some
/// file is not, and is what fails the build.
final class Format {
    private static final Style STYLE = new Style(2, 120, false, ImportOrder.GOOGLE);
    private static final Formatter FORMATTER = new Formatter(JavaFormatterOptions.builder().style(STYLE).build());

    public static void main(String[] args) throws Exception {
        boolean fix = args[0].equals("fix");
        Path root = Path.of(args[1]).toRealPath();
        Path folder = Files.createDirectories(Path.of(args[2]));
        Path knownFile = folder.resolve("known");
        Set<String> known = Files.exists(knownFile) ? Set.copyOf(Files.readAllLines(knownFile)) : Set.of();
        Set<String> inShape = new TreeSet<>();
        List<String> outOfShape = new ArrayList<>();

        for (Path file : sources(root)) {
            String name = root.relativize(file).toString();
            String source = Files.readString(file);
            String hash = hash(root, source);
            if (known.contains(hash)) {
                inShape.add(hash);
                continue;
            }
            try {
                String formatted = format(source);
                if (formatted.equals(source)) {
                    inShape.add(hash);
                } else if (fix) {
                    Files.writeString(file, formatted);
                    System.out.println("formatted " + name);
                } else {
                    outOfShape.add(name);
                }
            } catch (FormatterException notJava) {
                System.err.println(notJava.formatDiagnostics(name, source).strip());
                outOfShape.add(name);
            }
        }

        Files.write(knownFile, inShape);
        report(outOfShape, folder.resolve("out-of-shape"));
    }

    private static void report(List<String> outOfShape, Path verdict) throws IOException {
        if (outOfShape.isEmpty()) {
            Files.deleteIfExists(verdict);
        } else {
            Files.write(verdict, outOfShape);
            outOfShape.forEach(name -> System.err.println("not formatted: " + name));
        }
    }

    private static String format(String source) throws FormatterException {
        String imports = RemoveUnusedImports.removeUnusedImports(ImportOrderer.reorderImports(source, STYLE));
        String once = StringWrapper.wrap(FORMATTER.formatSource(imports), FORMATTER);
        return FORMATTER.formatSource(once); // which has a second opinion on strings that were cut
    }

    /// The sources of every module, and this file.
    private static List<Path> sources(Path root) throws IOException {
        List<Path> folders = new ArrayList<>(List.of(root.resolve(".mvn")));
        try (Stream<Path> children = Files.list(root)) {
            children.map(child -> child.resolve("src")).filter(Files::isDirectory).forEach(folders::add);
        }
        List<Path> sources = new ArrayList<>();
        for (Path folder : folders) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        return sources.stream().sorted().toList();
    }

    /// Of the source and of what decides its shape: this file, and the formatter's version.
    private static String hash(Path root, String source) throws IOException, GeneralSecurityException {
        String rules = Files.readString(root.resolve(".mvn/format/Format.java"));
        String version = Formatter.class.getPackage().getImplementationVersion();
        byte[] content = (version + rules + source).getBytes(UTF_8);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }
}
