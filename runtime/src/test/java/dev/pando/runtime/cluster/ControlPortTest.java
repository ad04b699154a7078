package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.training.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/// Strangers at a node's door: whatever they send is refused, changes nothing, and delays no other caller.
class ControlPortTest {
    private static final int PATIENCE_MS = 60_000;

    private final BlockingQueue<JsonNode> heard = new LinkedBlockingQueue<>();
    private final List<Socket> connections = new ArrayList<>();
    private ControlPort port;

    @BeforeEach
    void open() {
        port = open(PATIENCE_MS);
    }

    private ControlPort open(int questionMs) {
        ControlPort opened = ControlPort.open("127.0.0.1", 0, questionMs);
        opened.serve((question, answers) -> {
            heard.add(question);
            answers.tell("where", "here");
        });
        return opened;
    }

    @AfterEach
    void close() throws IOException {
        for (Socket connection : connections) {
            connection.close();
        }
        port.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldRefuseRandomBytes(long seed) throws IOException {
        Random random = new Random(seed);

        for (int i = 0; i < 40; i++) {
            byte[] bytes = new byte[1 + random.nextInt(3000)];
            random.nextBytes(bytes);
            Socket stranger = connect(port);
            say(stranger, bytes);
            hangUp(stranger);

            assertThat(answer(stranger)).as("seed %s, try %s", seed, i).isNotEqualTo("{\"where\":\"here\"}");
        }

        assertThat(heard).isEmpty();
        assertHearsOthers();
    }

    @Test
    void shouldRefuseWhatIsNoQuestionInOneSentence() throws IOException {
        assertRefused("GET / HTTP/1.1\n", "it is not JSON");
        assertRefused("[1, 2]\n", "it is no JSON object");
        assertRefused("{\"tell\": 1}\n", "it has no \\\"ask\\\"");
        assertRefused("{\"ask\": 7}\n", "it has no \\\"ask\\\"");
        assertRefused("{\"ask\": " + "[".repeat(100_000) + "\n", "it is not JSON");

        assertThat(heard).isEmpty();
        assertHearsOthers();
    }

    @Test
    void shouldTellWhoeverAskedWhatIsWrongInTheWordsOfThePartThatFoundIt() throws IOException {
        port.serve((question, answers) -> {
            throw new DataException("there is no text in nowhere");
        });
        Socket friend = connect(port);
        say(friend, "{\"ask\": \"submit\"}\n".getBytes(StandardCharsets.UTF_8));

        assertThat(answer(friend)).isEqualTo("{\"refused\":\"there is no text in nowhere\"}");
    }

    @Test
    void shouldLogWhoAskedNothing() throws IOException {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger(ControlPort.class);
        log.start();
        logger.setLevel(Level.WARN);
        logger.addAppender(log);
        try {
            assertRefused("hello\n", "it is not JSON");
        } finally {
            logger.detachAppender(log);
            logger.setLevel(null);
        }

        assertThat(log.list)
                .singleElement()
                .satisfies(line ->
                        assertThat(line.getFormattedMessage())
                                .startsWith("/127.0.0.1:")
                                .endsWith(" asked nothing that a node understands: it is not JSON"));
    }

    @Test
    void shouldHearNothingInHalfALine() throws IOException {
        Socket stranger = connect(port);
        say(stranger, "{\"ask\": \"wh".getBytes(StandardCharsets.UTF_8));
        hangUp(stranger);

        assertThat(answer(stranger)).contains("that was no question for one");
        assertThat(heard).isEmpty();
        assertHearsOthers();
    }

    @Test
    void shouldNotListenToALineWithoutEnd() throws IOException {
        Socket stranger = connect(port);
        byte[] much = "x".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
        int said = 0;
        while (said < 1 << 12 && say(stranger, much)) {
            said++;
        }

        assertThat(said).as("of 4096 times 64 KiB").isLessThan(1 << 12);
        assertThat(heard).isEmpty();
        assertHearsOthers();
    }

    @Test
    void shouldNotWaitForOneWhoSpeaksEverMoreSlowly() throws Exception {
        try (ControlPort hurried = open(300)) {
            Socket stranger = connect(hurried);
            stranger.setSoTimeout(50);
            String answer = "";
            for (int i = 0; answer.isEmpty() && say(stranger, new byte[] {' '}); i++) {
                assertThat(i).as("letters that were listened to").isLessThan(10_000);
                answer = answer(stranger);
            }

            // a caller that is cut off in the middle of a word may miss the reason
            assertThat(answer).matches("|.*it was not all said within 300 ms.*");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void shouldHearOthersWhileManyAreSilent() throws IOException {
        for (int i = 0; i < 300; i++) {
            connect(port);
        }

        assertHearsOthers();
    }

    /// Two addresses of one machine, of which the port has one.
    @Test
    void shouldListenAtItsOwnAddressAlone() throws IOException {
        InetAddress other = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});

        try (ServerSocket sameNumber = new ServerSocket(port.port(), 1, other)) {
            assertThat(sameNumber.isBound()).isTrue();
        }
    }

    private void assertRefused(String said, String reason) throws IOException {
        Socket stranger = connect(port);
        say(stranger, said.getBytes(StandardCharsets.UTF_8));

        assertThat(answer(stranger))
                .isEqualTo("{\"refused\":\"this is a Pando node, and that was no question for one: " + reason + "\"}");
    }

    private void assertHearsOthers() throws IOException {
        Socket friend = connect(port);
        say(friend, "{\"ask\": \"where\"}\n".getBytes(StandardCharsets.UTF_8));
        assertThat(answer(friend)).isEqualTo("{\"where\":\"here\"}");
        try {
            assertThat(heard.poll(PATIENCE_MS, TimeUnit.MILLISECONDS)).isNotNull();
        } catch (InterruptedException over) {
            throw new IOException(over);
        }
        assertThat(heard).isEmpty();
    }

    private Socket connect(ControlPort to) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), to.port());
        socket.setSoTimeout(PATIENCE_MS);
        connections.add(socket);
        return socket;
    }

    /// @return whether a listener received it
    private static boolean say(Socket socket, byte[] bytes) throws IOException {
        try {
            OutputStream output = socket.getOutputStream();
            output.write(bytes);
            output.flush();
            return true;
        } catch (SocketException hungUp) {
            return false;
        }
    }

    private static void hangUp(Socket socket) throws IOException {
        try {
            socket.shutdownOutput();
        } catch (SocketException already) {
            assertThat(socket.isConnected()).isTrue();
        }
    }

    /// Its first line; empty where none comes: who refuses does not wait to be listened to.
    private static String answer(Socket socket) throws IOException {
        StringBuilder line = new StringBuilder();
        try {
            InputStream input = socket.getInputStream();
            for (int next = input.read(); next >= 0 && next != '\n'; next = input.read()) {
                line.append((char) next);
            }
        } catch (SocketException | java.net.SocketTimeoutException none) {
            return line.toString();
        }
        return line.toString();
    }
}
