package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The script `./pando` in a small project, with a Maven and a JDK that only write down what is asked of them.
class LauncherTest {
    /// Another user than the owner of the files, also where the tests run as root.
    private static final List<String> AS_ANOTHER =
            List.of("setpriv", "--reuid=65534", "--bounding-set=-all", "--inh-caps=-all");

    @TempDir private Path temp;

    private Path checkout;

    @BeforeEach
    void makeTheProject() throws IOException {
        checkout = temp.resolve("checkout");
        write("checkout/pom.xml", "<pando.jvm.flags>--add-modules jdk.incubator.vector</pando.jvm.flags>");
        write("checkout/chaos/pom.xml", "");
        write("checkout/chaos/src/main/java/Main.java", "");
        write("checkout/chaos/target/pando-chaos-0.1.0.jar", "");
        write("repository/library-1.0.jar", "");
        script(
                "checkout/mvnw",
                """
                [[ $1 == --version ]] && exit
                root=$2
                printf '%%s' "%s/repository/library-1.0.jar" >"$root/chaos/target/classpath"
                """
                        .formatted(temp));
        write("jdk/release", "JAVA_VERSION=\"25.0.1\"");
        script("jdk/bin/javac", "");
        script("jdk/bin/java", "printf '%s\\n' \"$@\"");
        Files.copy(repository().resolve("pando"), checkout.resolve("pando"));
        executable(checkout.resolve("pando"));
        readableForAll();
    }

    @Test
    void shouldRunWhatItBuilt() throws Exception {
        Said said = pando(checkout, List.of());

        assertThat(said.rc()).as("%s", said).isZero();
        assertThat(said.text()).contains("-XX:+EnableVectorSupport\n").doesNotContain("--add-modules");
        assertThat(said.classPath())
                .hasSize(2)
                .allSatisfy(jar -> assertThat(jar).isRegularFile().startsWith(checkout.resolve(".build")));
    }

    @Test
    void shouldRunTheJarsOfTheNewPlaceAfterACheckoutIsMoved() throws Exception {
        pando(checkout, List.of());
        Path moved = Files.move(checkout, temp.resolve("moved"));
        Files.delete(temp.resolve("repository/library-1.0.jar"));
        script("moved/mvnw", "exit 1");

        Said said = pando(moved, List.of());

        assertThat(said.rc()).as("%s", said).isZero();
        assertThat(said.classPath())
                .hasSize(2)
                .allSatisfy(jar -> assertThat(jar).isRegularFile().startsWith(moved.resolve(".build")));
    }

    @Test
    void shouldRunABuildOfAnotherUser() throws Exception {
        assumeTrue(canBeAnother(), "only root can be another user");
        pando(checkout, List.of());
        readableForAll();

        Said said = pando(checkout, AS_ANOTHER);

        assertThat(said.rc()).as("%s", said).isZero();
        assertThat(said.classPath()).hasSize(2);
        assertThat(said.text()).doesNotContain("AutoCreateSharedArchive", "denied");
    }

    @Test
    void shouldSayWhatToDoWhereNothingIsBuiltAndNothingCanBeWritten() throws Exception {
        assumeTrue(canBeAnother(), "only root can be another user");

        Said said = pando(checkout, AS_ANOTHER);

        assertThat(said.rc()).isEqualTo(1);
        assertThat(said.text().lines())
                .singleElement()
                .asString()
                .contains("is not built", "may not write there", "as the owner of that folder");
    }

    @Test
    void shouldShowTheMainErrorOfAFailedBuild() throws Exception {
        script(
                "checkout/mvnw",
                """
                [[ $1 == --version ]] && exit
                echo '[ERROR] Failed to execute goal compile on project pando-chaos: disk is full -> [Help 1]'
                echo '[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.'
                echo '[ERROR] [Help 1] http://cwiki.apache.org/'
                exit 1
                """);

        Said said = pando(checkout, List.of());

        assertThat(said.rc()).isEqualTo(1);
        assertThat(said.text())
                .contains("Failed to execute goal compile on project pando-chaos: disk is full\n")
                .contains("The build failed; all of its log is in ")
                .doesNotContain("Help", "stack trace", "download");
    }

    @Test
    void shouldSayWhyMavenDoesNotStart() throws Exception {
        script("checkout/mvnw", "echo 'cannot create /home/.m2: Permission denied' >&2; exit 1");
        script("bin/mvn", "echo '[ERROR] no such module'; exit 1");

        Said said = pando(checkout, List.of());

        assertThat(said.rc()).isEqualTo(1);
        assertThat(said.text())
                .contains("The wrapper's Maven does not start (cannot create /home/.m2: Permission denied)")
                .contains("[ERROR] no such module");
    }

    private record Said(int rc, String text) {
        List<Path> classPath() {
            List<String> arguments = text.lines().toList();
            String classPath = arguments.get(arguments.indexOf("-cp") + 1);
            return List.of(classPath.split(":", -1)).stream().map(Path::of).toList();
        }
    }

    private Said pando(Path root, List<String> as) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(as);
        command.addAll(List.of(root.resolve("pando").toString(), "train", "job.conf"));
        Path said = temp.resolve("said");
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("JAVA_HOME", temp.resolve("jdk").toString());
        builder.environment().merge("PATH", temp.resolve("bin").toString(), (path, first) -> first + ":" + path);
        builder.environment().remove("PANDO_JAVA_OPTS");
        Process process = builder.redirectErrorStream(true).redirectOutput(said.toFile()).start();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("%s ended", command).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Said(process.exitValue(), Files.readString(said));
    }

    private static boolean canBeAnother() throws InterruptedException {
        List<String> command = new ArrayList<>(AS_ANOTHER);
        command.add("true");
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException none) {
            return false;
        }
    }

    /// A folder of JUnit is its owner's alone.
    private void readableForAll() throws IOException {
        try {
            new ProcessBuilder("chmod", "-R", "go+rX", temp.toString()).start().waitFor();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void script(String name, String lines) throws IOException {
        executable(write(name, "#!/usr/bin/env bash\n" + lines + "\n"));
    }

    private static void executable(Path file) {
        assertThat(file.toFile().setExecutable(true, false)).isTrue();
    }

    private Path write(String name, String text) throws IOException {
        Path file = temp.resolve(name);
        Files.createDirectories(file.resolveSibling(""));
        return Files.writeString(file, text);
    }

    private static Path repository() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("pando"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}
