package dev.pando.runtime.cluster;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/// Answers the HTTP probes of a supervisor of processes, such as Kubernetes: `GET /alive` says that this one need not
/// be restarted, `GET /ready` that it is a member of a grove and takes jobs. Nothing else is answered here.
public final class Probes implements AutoCloseable {
    private static final int WAITING_AT_MOST = 64;
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int NOT_NOW = 503;

    private final HttpServer server;
    private volatile BooleanSupplier ready = () -> false;

    private Probes(HttpServer server) {
        this.server = server;
        server.createContext("/", this::answer);
        server.setExecutor(probe -> Thread.ofVirtual().name("pando-probe").start(probe));
        server.start();
    }

    /// Empty where the settings ask for none.
    public static Optional<Probes> of(NodeSettings settings) {
        OptionalInt port = settings.probePort();
        return port.isEmpty() ? Optional.empty() : Optional.of(open(settings.host(), port.getAsInt()));
    }

    private static Probes open(String host, int port) {
        try {
            return new Probes(HttpServer.create(new InetSocketAddress(host, port), WAITING_AT_MOST));
        } catch (IOException | IllegalArgumentException refused) {
            throw new UserError(
                    "cannot answer probes at "
                            + host
                            + ":"
                            + port
                            + ": "
                            + refused.getMessage()
                            + "; set pando.grove.probe-port to a port that is free on this machine",
                    refused);
        }
    }

    public void readyWhen(BooleanSupplier isReady) {
        ready = isReady;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            switch (exchange.getRequestURI().getPath()) {
                case "/alive" -> say(exchange, OK, "alive\n");
                case "/ready" -> {
                    boolean isReady = ready.getAsBoolean();
                    say(exchange, isReady ? OK : NOT_NOW, isReady ? "ready\n" : "in no grove\n");
                }
                default -> say(exchange, NOT_FOUND, "there is /alive and /ready\n");
            }
        }
    }

    private static void say(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
