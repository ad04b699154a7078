package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.cluster.Member;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A node's one address for people and for other nodes: plain TCP, on which one asks a question, or says nothing.
///
/// Nodes say nothing: they hold the connection as a lifeline, and when this process dies its kernel lets go of them.
/// The port's number travels with the node's cluster membership, as a role. Whoever asks says so in one line of JSON
/// and is answered in lines of JSON, see [RequestHandler]. Whoever says anything else is told so, and cut off.
public final class ControlPort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlPort.class);
    private static final String ROLE = "control-";
    private static final int WAITING_AT_MOST = 1024;
    private static final int QUESTION_MS = 10_000; // from its first byte to its last

    private final ServerSocket socket;
    private final int questionMs;
    private final AtomicReference<RequestHandler> desk = new AtomicReference<>(ControlPort::notYet);

    private ControlPort(ServerSocket socket, int questionMs) {
        this.socket = socket;
        this.questionMs = questionMs;
    }

    /// @param port 0: any that is free
    public static ControlPort open(String host, int port) {
        return open(host, port, QUESTION_MS);
    }

    /// @param questionMs how long whoever asks may take to have asked
    static ControlPort open(String host, int port, int questionMs) {
        try {
            ControlPort control =
                    new ControlPort(new ServerSocket(port, WAITING_AT_MOST, InetAddress.getByName(host)), questionMs);
            Thread.ofVirtual().name("pando-control-port").start(control::accept);
            return control;
        } catch (IOException refused) {
            throw new UserError(
                    "cannot listen at "
                            + host
                            + ":"
                            + port
                            + ": "
                            + refused.getMessage()
                            + "; set pando.grove.host and pando.grove.port to what is free on this machine",
                    refused);
        }
    }

    /// What this node's membership says about it.
    String role() {
        return ROLE + port();
    }

    public int port() {
        return socket.getLocalPort();
    }

    /// From now on this desk answers.
    public void serve(RequestHandler now) {
        desk.set(now);
    }

    /// From now on there is nobody yet to answer.
    void serveNobody() {
        desk.set(ControlPort::notYet);
    }

    /// The port of another node.
    public static OptionalInt of(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(ROLE))
                .mapToInt(role -> Integer.parseInt(role.substring(ROLE.length())))
                .findFirst();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket line = socket.accept();
                Thread.ofVirtual().name("pando-control").start(() -> attend(line));
            } catch (IOException closed) {
                LOG.debug("the control port takes no more: {}", closed.getMessage());
            }
        }
    }

    private void attend(Socket line) {
        try (line) {
            InputStream input = line.getInputStream();
            int first = input.read();
            if (first >= 0) {
                answer(line, first);
            }
        } catch (IOException gone) {
            LOG.debug("a connection to the control port ended: {}", gone.getMessage());
        }
    }

    private void answer(Socket line, int first) throws IOException {
        ResponseStream answers = new ResponseStream(line.getOutputStream());
        try {
            JsonNode question = ControlProtocol.question(new HurriedInput(line, questionMs, Stopwatch.system()), first);
            line.setSoTimeout(0);
            desk.get().answer(question, answers);
        } catch (ControlProtocol.Garbled | SocketTimeoutException garbled) {
            LOG.warn(
                    "{} asked nothing that a node understands: {}",
                    line.getRemoteSocketAddress(),
                    garbled.getMessage());
            answers.refuse("this is a Pando node, and that was no question for one: " + garbled.getMessage());
        } catch (UserError refused) {
            answers.refuse(refused.getMessage());
        } catch (RequestHandler.Unavailable later) {
            answers.tell(ResponseStream.UNAVAILABLE, later.getMessage());
        } catch (RuntimeException broken) {
            if (UserError.isLike(broken)) {
                answers.refuse(broken.getMessage());
                return;
            }
            LOG.error("a question of {} was not answered", line.getRemoteSocketAddress(), broken);
            answers.refuse("something broke inside this node; its log says what: " + broken.getMessage());
        }
    }

    private static void notYet(JsonNode question, ResponseStream answers) throws IOException {
        answers.tell(ResponseStream.UNAVAILABLE, "the node is still starting");
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failed) {
            LOG.debug("the control port was not closed: {}", failed.getMessage());
        }
    }
}
