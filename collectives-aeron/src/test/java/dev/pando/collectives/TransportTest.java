package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.pando.collectives.wire.TransportSettings;
import dev.pando.collectives.wire.TransportSettings.Udp;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a node's transport makes of its settings, and of a machine that does not fit them.
class TransportTest {
    @TempDir Path directory;

    @Test
    void shouldUseADriverThatRunsAlready() {
        MediaDriver.Context context =
                new MediaDriver.Context()
                        .aeronDirectoryName(directory.resolve("driver").toString())
                        .threadingMode(ThreadingMode.SHARED)
                        .dirDeleteOnShutdown(true)
                        .ipcTermBufferLength(1 << 20)
                        .ipcMtuLength(32 * 1024);
        TransportSettings settings =
                TransportSettings.defaults()
                        .withDriver(directory.resolve("driver"))
                        .withSharing(false)
                        .withChunkBytes(16 * 1024);
        Arrangement arrangement = Arrangement.random(3, 7, new Random(5));

        List<float[]> results;
        try (MediaDriver driver = MediaDriver.launch(context);
                Group group = Group.of(3, 3, settings)) {
            assertThat(driver.aeronDirectoryName()).isEqualTo(settings.driver().orElseThrow().toString());
            group.enterAll(3);
            results = group.allReduce(arrangement, 30_011, 0);
        }

        float[] expected = Arrangement.sum(arrangement.tree().root(), 30_011);
        assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
    }

    @Test
    void shouldSayThatNoDriverRunsWhereOneWasNamed() {
        Path nowhere = directory.resolve("nowhere");

        assertThatThrownBy(() -> Transport.start(TransportSettings.defaults().withDriver(nowhere)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "no media driver runs at "
                                + nowhere
                                + "; start one there, or name none, and the transport embeds one");
    }

    @Test
    void shouldSayThatAFileSystemIsTooSmallForANode() throws IOException {
        if (!succeeds("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory.toString())) {
            abort("no file system can be mounted here");
        }
        try {
            assertThatThrownBy(() -> Transport.start(TransportSettings.defaults().withDirectory(directory)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching(
                            directory
                                    + " has [0-9,.]+ KiB left, and a node needs [0-9,.]+ KiB there before any span;"
                                    + " give that file system more \\(a container: --shm-size\\), or name another"
                                    + " directory for the transport");
        } finally {
            assertThat(succeeds("umount", directory.toString())).isTrue();
        }
    }

    @Test
    void shouldSayThatThereIsNoRoomForASpan() {
        try (Group group = Group.of(1, 1, TransportSettings.defaults().withDirectory(directory).withSharing(true))) {
            assertThatThrownBy(() -> group.member(0).memory().allocate("gradient span 0", 1L << 55))
                    .hasMessageMatching(
                            "no room for gradient span 0 of worker-0: it takes [0-9,.]+ KiB, and in "
                                    + directory
                                    + " there are [0-9,.]+ KiB left; give that file system more"
                                    + " \\(a container: --shm-size\\), or name another directory for the transport");
        }
    }

    @Test
    void shouldSendAsMuchAtOnceAsTheInterfaceTakes() {
        assertThat(Udp.at("127.0.0.1").mtuBytes()).isEqualTo(65_504);
        assertThat(Udp.at("192.0.2.1").mtuBytes())
                .isEqualTo(1408); // an address for documentation, which no machine has
        assertThat(Udp.at("192.0.2.1").socketBytes()).isGreaterThanOrEqualTo(Udp.at("192.0.2.1").windowBytes());
    }

    private static boolean succeeds(String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException notInstalled) {
            return false;
        }
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
