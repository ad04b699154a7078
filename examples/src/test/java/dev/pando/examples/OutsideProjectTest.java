package dev.pando.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Builds `examples/outside`, which depends on `pando-runtime` and on nothing else, with a local repository that holds
/// only what `install` would put there, and runs it with the flags of `docs/embedding.md`.
class OutsideProjectTest {
    private static final Path ROOT = root();
    private static final List<String> MODULES =
            List.of("training", "actors", "collectives-aeron", "checkpoint-store", "runtime");
    private static final String VERSION = "0.1.0-SNAPSHOT";
    private static final int FEW_JARS = 65;

    @TempDir private static Path temp;

    private static List<String> classPath = List.of();

    @BeforeAll
    static void buildTheOutsideProject() throws Exception {
        assumeTrue(
                run(List.of(ROOT.resolve("mvnw").toString(), "--version")).rc() == 0,
                "the wrapper's Maven cannot be downloaded here");
        install("", "pando");
        for (String module : MODULES) {
            Path installed = install(module, "pando-" + module);
            jar(ROOT.resolve(module, "target", "classes"), Path.of(installed.toString().replace(".pom", ".jar")));
        }
        copy(ROOT.resolve("examples", "outside", "pom.xml"), temp.resolve("outside", "pom.xml"));
        String service = "src/main/java/outside/Service.java";
        copy(ROOT.resolve("examples", "outside").resolve(service), temp.resolve("outside").resolve(service));

        Output maven =
                run(maven("compile", "dependency:build-classpath", "-Dmdep.outputFile=" + temp.resolve("classpath")));

        assertThat(maven.rc()).as("%s", maven).isZero();
        classPath = new ArrayList<>(List.of(Files.readString(temp.resolve("classpath")).split(File.pathSeparator, -1)));
        classPath.add(temp.resolve("outside", "target", "classes").toString());
    }

    @Test
    void shouldTrainWithTheDocumentedFlags() throws Exception {
        List<String> command = java(documentedFlags());
        command.add(tinyJob().toString());

        Output service = run(command);

        assertThat(service.rc()).as("%s", service).isZero();
        assertThat(service.text()).contains("Finished[", "sha256:");
    }

    @Test
    void shouldSayOneSentenceWithoutFlags() throws Exception {
        List<String> command = java(List.of());
        command.add(tinyJob().toString());

        Output service = run(command);

        assertThat(service.rc()).isEqualTo(2);
        assertThat(service.text().lines().filter(line -> !line.startsWith("SLF4J")))
                .singleElement()
                .asString()
                .contains("--add-modules jdk.incubator.vector", "--add-opens java.base/jdk.internal.misc=ALL-UNNAMED");
    }

    @Test
    void shouldRefuseWhatNeedsAnOptionalLibraryByItsName() throws Exception {
        List<String> command = java(documentedFlags());
        command.add(tinyJob("device = \"cuda:0\"").toString());

        Output service = run(command);

        assertThat(service.rc()).as("%s", service).isEqualTo(2);
        assertThat(service.text()).contains("add dev.pando:pando-cuda-ops");
    }

    @Test
    void shouldGetFewJars() {
        assertThat(classPath).hasSizeLessThan(FEW_JARS);
        assertThat(classPath)
                .noneMatch(jar -> jar.matches(".*/(logback|picocli|postgresql|s3|netty|jcuda|jsoup|zstd)[^/]*[.]jar"));
    }

    /// What the pages for embedding name, so that they cannot go stale.
    private static List<String> documentedFlags() throws IOException {
        Matcher needed =
                Pattern.compile("(?s)```\n(--add-modules.*?)```")
                        .matcher(Files.readString(ROOT.resolve("docs", "embedding.md")));
        assertThat(needed.find()).isTrue();
        return List.of(needed.group(1).trim().split("\\s+", -1));
    }

    private static List<String> java(List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of("-Xmx1g", "-cp", String.join(File.pathSeparator, classPath), "outside.Service"));
        return command;
    }

    private static List<String> maven(String... arguments) {
        List<String> repositories =
                Stream.of(
                                System.getProperty("localRepository"), // as surefire says it
                                System.getProperty("maven.repo.local"),
                                System.getProperty("maven.repo.local.tail"),
                                Path.of(System.getProperty("user.home"), ".m2", "repository").toString())
                        .filter(Objects::nonNull)
                        .distinct()
                        .toList();
        List<String> command = new ArrayList<>();
        command.addAll(List.of(ROOT.resolve("mvnw").toString(), "--batch-mode", "--quiet"));
        // a machine that has only run the tests so far has not fetched this plugin
        repositories.stream()
                .map(repository -> Path.of(repository, "org/apache/maven/plugins/maven-dependency-plugin/3.11.0"))
                .filter(Files::isDirectory)
                .findFirst()
                .ifPresent(_ -> command.add("--offline"));
        command.addAll(List.of("-f", temp.resolve("outside", "pom.xml").toString()));
        command.add("-Dmaven.repo.local=" + temp.resolve("repository"));
        command.add("-Dmaven.repo.local.tail=" + String.join(",", repositories));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    private static Path install(String module, String artifact) throws IOException {
        Path installed =
                temp.resolve("repository", "dev", "pando", artifact, VERSION, artifact + "-" + VERSION + ".pom");
        copy(ROOT.resolve(module).resolve("pom.xml"), installed);
        return installed;
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(Optional.ofNullable(to.getParent()).orElseThrow());
        Files.copy(from, to);
    }

    private static void jar(Path classes, Path jar) {
        StringWriter said = new StringWriter();
        PrintWriter out = new PrintWriter(said);
        int rc =
                ToolProvider.findFirst("jar")
                        .orElseThrow()
                        .run(out, out, "--create", "--file", jar.toString(), "-C", classes.toString(), ".");
        assertThat(rc).as("%s", said).isZero();
    }

    private static Path tinyJob(String... more) throws IOException {
        Files.writeString(temp.resolve("text.md"), "A grove is one organism of many stems. ".repeat(60));
        Path folder = Files.createTempDirectory(temp, "job");
        return Files.writeString(
                folder.resolve("job.conf"),
                """
                pando.job {
                  out = "%1$s/run"
                  steps = 5
                  workers = 2
                  model { hidden = 16, layers = 1, heads = 2, kv-heads = 1, intermediate = 24 }
                  data { paths = ["%2$s/text.md"], prepared = "%1$s/prepared", tokenizer.vocabulary = 300 }
                  batch { shards = 2, rows = 1, length = 16 }
                  %3$s
                }
                """
                        .formatted(folder, temp, String.join("\n", more)));
    }

    private record Output(int rc, String text) {}

    private static Output run(List<String> command) throws IOException, InterruptedException {
        Path said = Files.createTempFile(temp, "said", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().remove("JDK_JAVA_OPTIONS");
        builder.environment().remove("MAVEN_ARGS");
        Process process =
                builder.directory(temp.toFile()).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("%s ended", command).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Output(process.exitValue(), Files.readString(said));
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}
