package dev.pando.runtime.cluster;

import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Finds the actor systems of the nodes that a new one is to join: it is told their control ports, or discovers them.
public final class Seeds {
    private static final double PATIENCE_SECONDS = 60; // nodes that are started together are not there at once
    private static final double FOUNDING_SECONDS = 5;
    private static final int ANSWER_MS = 5_000;
    private static final long BETWEEN_MS = 200;

    private Seeds() {}

    /// Blocks until it is known whom to join.
    ///
    /// @param port of the node that asks; others may ask there meanwhile
    /// @param over ends the search
    /// @param news hears what the node waits for
    /// @return addresses of actor systems; none: the node founds its grove
    public static List<String> of(NodeSettings settings, ControlPort port, CountDownLatch over, Consumer<String> news) {
        Optional<Discovery> discovery = settings.discovery();
        if (!settings.join().isEmpty() || discovery.isEmpty()) {
            return of(settings.host() + ":" + settings.port(), settings.join(), Stopwatch.system(), over);
        }
        String own = Discovery.known(settings.host() + ":" + port.port());
        ClusterBootstrap meeting = new ClusterBootstrap(own, discovery.get(), settings.required(), news);
        port.serve(meeting);
        try {
            return meeting.seeds(over);
        } finally {
            port.serveNobody();
        }
    }

    /// The nodes that may be asked to let this one in.
    static List<String> candidates(NodeSettings settings) {
        if (!settings.join().isEmpty()) {
            return settings.join();
        }
        try {
            Optional<Discovery> discovery = settings.discovery();
            return discovery.isEmpty() ? List.of() : List.copyOf(discovery.get().nodes());
        } catch (IOException unknown) {
            return List.of();
        }
    }

    /// Asks them one after the other until at least one answers. Whoever is named first in its own list founds the
    /// grove when nobody answers for a while, so that all nodes of it can be started with one and the same list.
    ///
    /// @param own `host:port` of the node that asks
    /// @param nodes `host:port` each
    /// @param over ends the search
    /// @return of all that answer
    static List<String> of(String own, List<String> nodes, Stopwatch stopwatch, CountDownLatch over) {
        List<String> others = nodes.stream().filter(node -> !node.equals(own)).toList();
        if (others.isEmpty()) {
            return List.of();
        }
        boolean founds = nodes.getFirst().equals(own);
        long begin = stopwatch.nanos();
        while (true) {
            List<String> reasons = new ArrayList<>();
            List<String> found = answering(others, reasons::add);
            if (!found.isEmpty()) {
                return found;
            }
            if (founds && stopwatch.secondsSince(begin) > FOUNDING_SECONDS) {
                return List.of();
            }
            if (stopwatch.secondsSince(begin) > PATIENCE_SECONDS || hurried(over)) {
                throw new UserError(reasons.getLast() + "; see that a node runs there, and --join it");
            }
        }
    }

    /// Where they are of whom one answers now; may be empty.
    ///
    /// @param silence hears why one does not
    static List<String> answering(List<String> nodes, Consumer<String> silence) {
        List<String> found = new ArrayList<>();
        for (String node : nodes) {
            try {
                found.add(ControlClient.one(node, ControlProtocol.ask("where"), "where", ANSWER_MS).asText());
            } catch (ControlClient.Unanswered silent) {
                silence.accept(silent.getMessage());
            }
        }
        return found;
    }

    private static boolean hurried(CountDownLatch over) {
        try {
            return over.await(BETWEEN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
