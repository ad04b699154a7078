package dev.pando.runtime.grove;

import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.OptionalInt;
import org.apache.pekko.cluster.Member;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where other nodes take hold of this one: they connect, nobody ever says a word, and when this process dies its
/// kernel lets go of them.
///
/// Its number travels with the node's cluster membership, as a role. Whoever says anything is cut off.
final class LifelinePort implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LifelinePort.class);
    private static final String ROLE = "lifeline-";
    private static final int WAITING_AT_MOST = 1024;

    private final ServerSocket socket;

    private LifelinePort(ServerSocket socket) {
        this.socket = socket;
    }

    static LifelinePort open(String host) {
        try {
            LifelinePort port = new LifelinePort(new ServerSocket(0, WAITING_AT_MOST, InetAddress.getByName(host)));
            Thread.ofVirtual().name("pando-lifeline-port").start(port::accept);
            return port;
        } catch (IOException refused) {
            throw new UserError("cannot listen at pando.grove.host = " + host + ": " + refused.getMessage(), refused);
        }
    }

    /// What this node's membership says about it.
    String role() {
        return ROLE + socket.getLocalPort();
    }

    /// The port of another node.
    static OptionalInt of(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(ROLE))
                .mapToInt(role -> Integer.parseInt(role.substring(ROLE.length())))
                .findFirst();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket line = socket.accept();
                Thread.ofVirtual().name("pando-lifeline").start(() -> keep(line));
            } catch (IOException closed) {
                LOG.debug("the lifelines' port takes no more: {}", closed.getMessage());
            }
        }
    }

    private static void keep(Socket line) {
        try (line) {
            if (line.getInputStream().read() >= 0) {
                LOG.warn("{} spoke on a lifeline and was cut off", line.getRemoteSocketAddress());
            }
        } catch (IOException gone) {
            LOG.debug("a lifeline ended: {}", gone.getMessage());
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failed) {
            LOG.debug("the lifelines' port was not closed: {}", failed.getMessage());
        }
    }
}
