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
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.cluster.Member;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A node's one address for people and for other nodes: plain TCP, on which one asks a question, or says nothing.
///
/// Nodes hold a connection as a lifeline, and when this process dies its kernel lets go of them: they say so once, by
/// `{"ask": "hold"}`, and nothing more. Whoever says nothing at all is hung up on. The port's number travels with the
/// node's cluster membership, as a role. Whoever asks says so in one line of JSON and is answered in lines of JSON, see
/// [RequestHandler]. Whoever says anything else is told so, and cut off.
public final class ControlPort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlPort.class);
    private static final String ROLE = "control-";
    private static final int USUAL_PORT = 7355;
    private static final int WAITING_AT_MOST = 1024;
    private static final int QUESTION_MS = 10_000; // until its first byte, and from there to its last
    private static final double WRITING_SECONDS = 30;
    private static final int COMPLAINTS = 10;
    private static final double COMPLAINTS_SECONDS = 10;
    private static final long A_MOMENT_MS = 200;

    private final String process = UUID.randomUUID().toString(); // another one at the same address is another
    private final ServerSocket socket;
    private final int questionMs;
    private final Visitors visitors;
    private final Throttle complaints = new Throttle(COMPLAINTS, COMPLAINTS_SECONDS, Stopwatch.system());
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicReference<RequestHandler> desk = new AtomicReference<>(ControlPort::notYet);

    private ControlPort(ServerSocket socket, int questionMs, int most) {
        this.socket = socket;
        this.questionMs = questionMs;
        this.visitors = new Visitors(most, questionMs / 1e3, WRITING_SECONDS, Stopwatch.system());
    }

    /// Where the settings say, or at the port at which commands look for a node, or where another process has that one,
    /// at any that is free.
    public static ControlPort of(NodeSettings settings) {
        OptionalInt chosen = settings.port();
        try {
            return open(settings.host(), chosen.orElse(USUAL_PORT));
        } catch (UserError taken) {
            if (chosen.isPresent()) {
                throw taken;
            }
            return open(settings.host(), 0);
        }
    }

    /// @param port 0: any that is free
    public static ControlPort open(String host, int port) {
        return open(host, port, QUESTION_MS);
    }

    /// @param questionMs how long whoever asks may take to have asked
    static ControlPort open(String host, int port, int questionMs) {
        return open(host, port, questionMs, Visitors.affordable());
    }

    /// @param most connections at one time
    static ControlPort open(String host, int port, int questionMs, int most) {
        try {
            ControlPort control =
                    new ControlPort(
                            new ServerSocket(port, WAITING_AT_MOST, InetAddress.getByName(host)), questionMs, most);
            Thread.ofVirtual().name("pando-control-port").start(control::accept);
            Thread.ofVirtual().name("pando-control-sweep").start(control::sweep);
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

    /// From now on it says that this node is about to be a member of that grove.
    void serveStarting(String grove) {
        desk.set((question, answers) ->
                answers.tell(Map.of(ResponseStream.UNAVAILABLE, "the node is still starting", Terms.GROVE, grove)));
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
                if (visitors.admit(line)) {
                    Thread.ofVirtual().name("pando-control").start(() -> attend(line));
                }
            } catch (IOException failed) {
                if (!socket.isClosed()) {
                    complain("the control port takes nobody in now: {}", failed.getMessage());
                    pause(); // this process may have too many files open, and there are no fewer at once
                }
            }
        }
    }

    private boolean pause() {
        try {
            return closed.await(A_MOMENT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private void sweep() {
        while (!pause()) {
            visitors.sweep();
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
        } finally {
            visitors.leaves(line);
        }
    }

    private void answer(Socket line, int first) throws IOException {
        ResponseStream answers = new ResponseStream(line.getOutputStream(), begins -> visitors.writes(line, begins));
        try {
            JsonNode question = ControlProtocol.question(new HurriedInput(line, questionMs, Stopwatch.system()), first);
            line.setSoTimeout(0);
            boolean isLifeline = question.path("ask").asText().equals(Lifelines.HOLD);
            if (isLifeline ? !visitors.isLifeline(line) : !visitors.asks(line)) {
                answers.tell(ResponseStream.UNAVAILABLE, "too many ask it at one time");
            } else if (isLifeline) {
                answers.tell(Lifelines.HELD, process);
                line.getInputStream().read(); // until one of both ends
            } else {
                desk.get().answer(question, answers);
            }
        } catch (ControlProtocol.Garbled | SocketTimeoutException garbled) {
            complain(
                    "{} asked nothing that a node understands: {}",
                    line.getRemoteSocketAddress(),
                    garbled.getMessage());
            answers.refuse("this is a Pando node, and that was no question for one: " + garbled.getMessage());
        } catch (UserError refused) {
            answers.refuse(refused.getMessage());
        } catch (RequestHandler.Unavailable later) {
            answers.tell(ResponseStream.UNAVAILABLE, later.getMessage());
        } catch (RuntimeException | StackOverflowError broken) {
            if (UserError.isLike(broken)) {
                answers.refuse(broken.getMessage());
                return;
            }
            LOG.error("a question of {} was not answered", line.getRemoteSocketAddress(), broken);
            answers.refuse("something broke inside this node; its log says what: " + broken.getMessage());
        }
    }

    /// Strangers can be as many as they like, and the log stays short.
    private void complain(String sentence, Object... about) {
        if (complaints.mayPass()) {
            long unsaid = complaints.unsaid();
            if (unsaid > 0) {
                LOG.warn("{} more complaints about the control port were left out here", unsaid);
            }
            LOG.warn(sentence, about);
        }
    }

    private static void notYet(JsonNode question, ResponseStream answers) throws IOException {
        answers.tell(ResponseStream.UNAVAILABLE, "the node is still starting");
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            socket.close();
        } catch (IOException failed) {
            LOG.debug("the control port was not closed: {}", failed.getMessage());
        }
        visitors.close();
    }
}
