package dev.pando.bench.tidy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What the tidy tests look at: all classes and all texts of the project.
final class House {
    /// Modules that ship in production.
    static final String[] SHIPPED = {
        "dev.pando.training..",
        "dev.pando.collectives..",
        "dev.pando.checkpoint..",
        "dev.pando.cuda..",
        "dev.pando.evaluation..",
        "dev.pando.actors..",
        "dev.pando.diagnosis..",
        "dev.pando.data..",
        "dev.pando.runtime.."
    };

    private House() {}

    /// Every class of every module, tests apart.
    static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.pando");

    /// Folder of the root pom.
    static final Path ROOT = root();

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("pando"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /// Files that people wrote: not what a build or a run left, and nothing that is hidden but for the build's own.
    static List<Path> texts(String... endings) {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> written(ROOT.relativize(file)))
                    .filter(file -> Stream.of(endings).anyMatch(file.toString()::endsWith))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean written(Path file) {
        for (Path part : file) {
            String name = part.toString();
            boolean hidden = name.startsWith(".") && !name.equals(".mvn") && !name.equals(".ci");
            if (hidden || name.equals("target") || name.equals("runs")) {
                return false;
            }
        }
        return true;
    }

    static List<String> lines(Path text) {
        try {
            return Files.readAllLines(text);
        } catch (IOException e) {
            throw new UncheckedIOException(text.toString(), e);
        }
    }

    /// Name of a file as a reader of an error message looks for it.
    static String name(Path file) {
        return ROOT.relativize(file).toString();
    }
}
