package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.function.Predicate;

/// Asks a node what its [ControlPort] answers: the whole of a client.
public final class ControlClient {
    /// No node answers there, or no longer: another node may.
    public static final class Unanswered extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final boolean isUnavailable;

        Unanswered(String sentence, Throwable cause) {
            super(sentence, cause);
            this.isUnavailable = false;
        }

        /// It answers that it is of no grove now.
        private Unanswered(String sentence) {
            super(sentence);
            this.isUnavailable = true;
        }

        /// Whether the node is of no grove now, by its answer or because no process listens there.
        public boolean isNoMember() {
            return isUnavailable || isRefused();
        }

        /// Whether no process listens there.
        public boolean isRefused() {
            return getCause() instanceof ConnectException;
        }
    }

    private static final int CONNECT_MS = 5_000;

    private ControlClient() {}

    /// Asks for one answer.
    ///
    /// @param where `host:port`
    /// @param patienceMs for the answer
    /// @return what it says under that key
    public static JsonNode one(String where, ObjectNode question, String key, int patienceMs) {
        JsonNode[] answer = new JsonNode[1];
        ask(
                where,
                question,
                patienceMs,
                line -> {
                    answer[0] = line.path(key);
                    return false;
                });
        if (answer[0] == null || answer[0].isMissingNode()) {
            throw new Unanswered("the node at " + where + " fell silent", null);
        }
        return answer[0];
    }

    /// Asks, and hears answers until there are no more.
    ///
    /// @param patienceMs for each of them
    /// @param each hears an answer, and says whether it wants another
    /// @throws UserError with the node's own sentence if it refuses
    /// @throws Unanswered if it does not answer, or no longer
    public static void ask(String where, ObjectNode question, int patienceMs, Predicate<JsonNode> each) {
        InetSocketAddress address = address(where);
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address.getHostString(), address.getPort()), CONNECT_MS);
            socket.setSoTimeout(patienceMs);
            socket.getOutputStream().write(ControlProtocol.line(question));
            InputStream input = new java.io.BufferedInputStream(socket.getInputStream());
            while (true) {
                JsonNode answer = ControlProtocol.line(input, input.read());
                if (answer == null) {
                    return;
                }
                Optional.ofNullable(answer.get(ResponseStream.REFUSED))
                        .ifPresent(sentence -> {
                            throw new UserError(sentence.asText());
                        });
                if (answer.has(ResponseStream.UNAVAILABLE)) {
                    throw new Unanswered(
                            "the node at " + where + ": " + answer.get(ResponseStream.UNAVAILABLE).asText());
                }
                if (!each.test(answer)) {
                    return;
                }
            }
        } catch (ControlProtocol.Garbled garbled) {
            throw new UserError("what answers at " + where + " is no Pando node", garbled);
        } catch (UnknownHostException unknown) {
            throw new UserError("there is no host " + address.getHostString(), unknown);
        } catch (ConnectException refused) {
            throw new Unanswered("no Pando node listens at " + where, refused);
        } catch (SocketTimeoutException late) {
            throw new Unanswered("the node at " + where + " does not answer", late);
        } catch (IOException gone) {
            throw new Unanswered("the node at " + where + " is gone: " + gone.getMessage(), gone);
        }
    }

    /// Reads where a node is, as people write it.
    public static InetSocketAddress address(String where) {
        int colon = where.lastIndexOf(':');
        try {
            int port = Integer.parseInt(where.substring(colon + 1));
            if (colon > 0 && port > 0 && port < 1 << 16) {
                return InetSocketAddress.createUnresolved(where.substring(0, colon), port);
            }
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw new UserError("a node is named by host:port, as in 127.0.0.1:7355, not by " + where);
    }
}
