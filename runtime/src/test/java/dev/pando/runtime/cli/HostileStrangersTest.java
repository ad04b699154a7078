package dev.pando.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobStatus;
import dev.pando.runtime.GroveClient;
import dev.pando.runtime.TinyJob;
import dev.pando.runtime.cluster.ControlClient;
import dev.pando.runtime.cluster.ControlProtocol;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Strangers at every TCP port of a node that may open few files: floods, half-open connections, garbage, replays, what
/// is too large and what is too slow. Meanwhile the node trains, and answers others; and afterwards, too.
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class HostileStrangersTest {
    private static final int FILES = 512;
    private static final int FLOOD = 700;
    private static final int ANSWER_MS = 20_000;
    private static final long BETWEEN_LOOKS_MS = 200;
    private static final long LARGEST_LOG = 1 << 20;

    @TempDir private Path temp;

    private final List<Socket> strangers = new ArrayList<>();
    private TinyJob tiny;
    private NodeCommands processes;
    private GroveClient grove;
    private String node;
    private int control;
    private int messages;
    private int probes;

    @BeforeEach
    void startANode() throws Exception {
        tiny = new TinyJob(temp);
        processes = new NodeCommands(temp);
        control = NodeCommands.freePort();
        messages = NodeCommands.freePort();
        probes = NodeCommands.freePort();
        node = "127.0.0.1:" + control;
        grove = GroveClient.at(List.of(node));
        List<String> arguments = new ArrayList<>(List.of("node", "--name", "only", "--log", log().toString()));
        for (String set :
                List.of(
                        "port=" + control,
                        "messages-port=" + messages,
                        "probe-port=" + probes,
                        "journal=" + temp.resolve("journal"),
                        "folders=[\"" + temp + "\"]")) {
            arguments.addAll(List.of("--set", "pando.grove." + set));
        }
        processes.start("only", List.of("/bin/sh", "-c", "ulimit -n " + FILES + "; exec \"$@\"", "sh"), arguments);
        await("the node", () -> grove.status().nodes().size(), size -> size == 1);
        grove.submit(Submission.of(tiny.settings("run", "steps=100000000")));
        await("a step", () -> grove.status("tiny").step(), step -> step > 3);
    }

    @AfterEach
    void endAll() throws IOException {
        for (Socket stranger : strangers) {
            stranger.close();
        }
        processes.close();
    }

    @Test
    void shouldServeOthersThroughFloodsOfSilentConnections() throws Exception {
        for (int port : List.of(control, messages, probes)) {
            for (int i = 0; i < FLOOD; i++) {
                connect(port);
            }
            assertServes();
        }
        for (Socket stranger : strangers) {
            stranger.close();
        }

        assertTakesANewJob();
    }

    @Test
    void shouldServeOthersWhateverIsSaidAtItsPorts() throws Exception {
        Random random = new Random(1);
        byte[] question = "{\"ask\": \"status\", \"job\": \"tiny\"}\n".getBytes(StandardCharsets.UTF_8);
        for (int port : List.of(control, messages, probes)) {
            for (int i = 0; i < 100; i++) {
                byte[] garbage = new byte[1 + random.nextInt(3000)];
                random.nextBytes(garbage);
                say(connect(port), garbage);
                say(connect(port), question); // a replay, where it is a question at all
                say(connect(port), "GET /alive HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.UTF_8)); // and no end
            }
            say(connect(port), "x".repeat(3 << 20).getBytes(StandardCharsets.UTF_8));
            assertServes();
        }

        assertTakesANewJob();
    }

    /// Frames whose length is negative, nothing, or beyond all measure: the transport's own decoder trips over some.
    @Test
    void shouldServeOthersAndWriteLittleWhereFramesOfMessagesAreMalformed() throws Exception {
        for (int stream = 1; stream <= 3; stream++) {
            for (int length : List.of(-1, -4, -80, Integer.MIN_VALUE, 0, 1, 28, Integer.MAX_VALUE)) {
                ByteBuffer frame = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
                frame.put("AKKA".getBytes(StandardCharsets.US_ASCII)).put((byte) stream).putInt(length);
                say(connect(messages), frame.array());
            }
        }
        assertServes();

        assertTakesANewJob();
        assertThat(Files.size(log())).isLessThan(LARGEST_LOG);
    }

    private Path log() {
        return temp.resolve("only.log");
    }

    /// It trains, and others hear of it in time.
    private void assertServes() throws Exception {
        long step = grove.status("tiny").step();
        await("two more steps", () -> grove.status("tiny").step(), now -> now > step + 1);
        assertThat(ControlClient.one(node, ControlProtocol.ask("where"), "where", ANSWER_MS).asText())
                .startsWith("pekko://");
    }

    private void assertTakesANewJob() throws Exception {
        String name = "name=after";
        grove.submit(Submission.of(tiny.settings("after", name, "steps=3")));
        await("the end of a new job", () -> grove.status("after").phase(), JobStatus.Phase.FINISHED::equals);
    }

    private Socket connect(int port) {
        Socket stranger = new Socket();
        strangers.add(stranger);
        try {
            stranger.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MS);
        } catch (IOException turnedAway) {
            assertThat(stranger.isConnected()).isFalse();
        }
        return stranger;
    }

    private static void say(Socket stranger, byte[] bytes) {
        try {
            stranger.getOutputStream().write(bytes);
        } catch (IOException hungUp) {
            assertThat(bytes).isNotEmpty();
        }
    }

    /// Until the test's own time is over.
    private <T> void await(String what, Callable<T> look, Predicate<T> isThere) throws Exception {
        while (true) {
            try {
                if (isThere.test(look.call())) {
                    return;
                }
            } catch (UserError notYet) {
                assertThat(temp).as(what).exists();
            }
            TimeUnit.MILLISECONDS.sleep(BETWEEN_LOOKS_MS);
        }
    }
}
