package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.TinyJob;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.processes.OwnJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The command line as a separate process: what signals do to it, and two of it on one folder.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ProcessTest {
    @TempDir private Path temp;

    @Test
    void shouldEndWithACheckpointWhenTerminatedAndKeepTheFolderToItselfUntilThen() throws Exception {
        TinyJob tiny = new TinyJob(temp);
        Path config = tiny.file("run");
        Process first = pando("train", config.toString(), "--steps", "1000000");
        BufferedReader shown = first.inputReader();
        awaitLine(shown, "step ");

        Process second = pando("train", tiny.out("run").toString(), "--resume");
        String refusal = second.errorReader().lines().toList().toString();
        int refused = second.waitFor();
        first.toHandle().destroy(); // as kill does; Process.destroy would close the streams, too
        List<String> last = shown.lines().toList();
        int ended = first.waitFor();

        assertThat(refused).isEqualTo(1);
        assertThat(refusal)
                .isEqualTo(
                        "["
                                + tiny.out("run")
                                + " is in use by the run of process "
                                + first.pid()
                                + "; let it finish, stop it with `kill "
                                + first.pid()
                                + "`, or pick another folder with --out]");
        assertThat(ended).as("128 and the number of SIGTERM").isEqualTo(143);
        assertThat(last).contains("stopping after the step in flight, with a checkpoint …");
        assertThat(last.getLast()).isEqualTo("to continue: pando train " + tiny.out("run") + " --resume");
        long committed = StepLine.read(tiny.out("run")).size();
        assertThat(tiny.out("run").resolve("checkpoints"))
                .isDirectoryContaining("glob:**/step-" + String.format("%010d", committed) + "-*");
    }

    @Test
    void shouldEndWhenItsInputEndsBeforeItIsANode() throws Exception {
        Process node = pando("node", "--attached", "--set", "pando.grove.port=" + NodeCommands.freePort());

        node.getOutputStream().close();

        assertThat(node.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(node.exitValue()).isZero();
    }

    private static void awaitLine(BufferedReader shown, String prefix) throws IOException {
        for (String line = shown.readLine(); line != null; line = shown.readLine()) {
            if (line.startsWith(prefix)) {
                return;
            }
        }
        throw new AssertionError("the process ended before a line that starts with " + prefix);
    }

    /// With the flags and the class path of this JVM, and the module of the Vector API loaded as `./pando` has it.
    private static Process pando(String... arguments) throws IOException {
        List<String> command = OwnJvm.command("dev.pando.runtime.cli.Main", "--add-modules=jdk.incubator.vector");
        command.addAll(
                1,
                List.of(
                        "-XX:+UnlockExperimentalVMOptions",
                        "-XX:+EnableVectorSupport",
                        "--add-exports=java.base/jdk.internal.module=ALL-UNNAMED"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).start();
    }
}
