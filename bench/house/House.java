import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/// Measures the main sources by the compiler's own parser, one row a module: `java House.java [FOLDER]`.
///
/// A method's length is that of its body, in lines from brace to brace; constructors are methods, lambdas are not.
final class House {
    /// @param files lines of each file
    /// @param methods lines of each method with a body
    private record Row(String name, List<Integer> files, List<Integer> methods, List<String> longest, int[] types) {
        Row(String name) {
            this(name, new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new int[2]);
        }

        void add(Row other) {
            files.addAll(other.files);
            methods.addAll(other.methods);
            longest.addAll(other.longest);
            types[0] += other.types[0];
            types[1] += other.types[1];
        }

        String line() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %d | %,d | %d / %d / %d | %d / %d / %d / %d | %d of %,d | %d of %d |",
                    name,
                    files.size(),
                    files.stream().mapToInt(lines -> lines).sum(),
                    quantile(files, 0.5),
                    quantile(files, 0.9),
                    quantile(files, 1),
                    quantile(methods, 0.5),
                    quantile(methods, 0.9),
                    quantile(methods, 0.99),
                    quantile(methods, 1),
                    methods.stream().filter(lines -> lines > 60).count(),
                    methods.size(),
                    types[1],
                    types[0]);
        }
    }

    private House() {}

    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments.length == 0 ? "." : arguments[0]);
        System.out.println(
                "| module | files | lines | file median / p90 / longest | method median / p90 / p99 / longest"
                        + " | methods over 60 lines | public top-level types |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
        Row all = new Row("all");
        for (Path module : modules(root)) {
            Row row = new Row(module.getFileName().toString());
            for (Path file : sources(module)) {
                measure(root, file, row);
            }
            System.out.println(row.line());
            all.add(row);
        }
        System.out.println(all.line());
        all.longest.stream().sorted().forEach(method -> System.out.println("- " + method));
    }

    private static List<Path> modules(Path root) throws IOException {
        try (Stream<Path> folders = Files.list(root)) {
            return folders.filter(folder -> Files.isDirectory(folder.resolve("src/main/java"))).sorted().toList();
        }
    }

    private static List<Path> sources(Path module) throws IOException {
        try (Stream<Path> files = Files.walk(module.resolve("src/main/java"))) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
        }
    }

    private static void measure(Path root, Path file, Row row) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavacTask task =
                (JavacTask)
                        compiler.getTask(
                                null,
                                null,
                                problem -> {},
                                List.of("-proc:none"),
                                null,
                                compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file));
        CompilationUnitTree unit = task.parse().iterator().next();
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        row.files.add((int) Files.readString(file).lines().count());
        for (Tree type : unit.getTypeDecls()) {
            if (type instanceof ClassTree declared) {
                row.types[0]++;
                row.types[1] += declared.getModifiers().getFlags().contains(Modifier.PUBLIC) ? 1 : 0;
            }
        }
        new TreeScanner<Void, Void>() {
            @Override
            public Void visitMethod(MethodTree method, Void none) {
                BlockTree body = method.getBody();
                long end = body == null ? -1 : positions.getEndPosition(unit, body);
                if (end > 0) {
                    long from = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, body));
                    int lines = (int) (unit.getLineMap().getLineNumber(end) - from + 1);
                    row.methods.add(lines);
                    if (lines > 60) {
                        row.longest.add(root.relativize(file) + ":" + from + " " + method.getName() + ", " + lines);
                    }
                }
                return super.visitMethod(method, none);
            }
        }.scan(unit, null);
    }

    private static int quantile(List<Integer> numbers, double part) {
        List<Integer> sorted = numbers.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, Math.floor(part * sorted.size())));
    }
}
