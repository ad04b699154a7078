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
import java.util.function.Supplier;

/// Finds the nodes that a new one is to join: it is told their control ports, discovers them, or reads of them in its
/// journal.
final class Seeds {
    private static final double PATIENCE_SECONDS = 60; // nodes that are started together are not there at once
    private static final double STARTING_SECONDS = 600; // for nodes that answer that they are about to
    private static final double FOUNDING_SECONDS = 5;
    private static final int ANSWER_MS = 5_000;
    private static final long BETWEEN_MS = 200;

    private final String own;
    private final List<String> nodes;
    private final boolean wasMember;
    private final Supplier<List<String>> named;
    private final Consumer<String> news;

    /// @param own `host:port` of the node that asks
    /// @param nodes `host:port` each
    private Seeds(
            String own, List<String> nodes, boolean wasMember, Supplier<List<String>> named, Consumer<String> news) {
        this.own = own;
        this.nodes = nodes;
        this.wasMember = wasMember;
        this.named = named;
        this.news = news;
    }

    /// Blocks until it is known whom to join.
    ///
    /// @param port of the node that asks; others may ask there meanwhile
    /// @param named nodes of which only the journal tells, `host:port` each
    /// @param over ends the search
    /// @param news hears what the node waits for
    /// @return what members of a grove say; none: the node founds one, where it may
    static List<Terms> of(
            NodeSettings settings,
            ControlPort port,
            Supplier<List<String>> named,
            CountDownLatch over,
            Consumer<String> news) {
        Optional<Discovery> discovery = settings.discovery();
        if (settings.isAgain() || !settings.join().isEmpty() || discovery.isEmpty()) {
            String own = settings.host() + ":" + port.port();
            return new Seeds(own, settings.join(), settings.isAgain(), named, news).found(Stopwatch.system(), over);
        }
        String own = Discovery.known(settings.host() + ":" + port.port());
        ClusterBootstrap meeting = new ClusterBootstrap(own, discovery.get(), settings.required(), news);
        port.serve(meeting);
        try {
            while (true) {
                if (meeting.seeds(over).isEmpty()) {
                    return List.of();
                }
                List<Terms> members = answering(candidates(settings), silent -> news.accept(silent.getMessage()));
                if (!members.isEmpty()) {
                    return members;
                }
            }
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

    /// Asks one node after the other until at least one answers. A node that is named first in its own list founds the
    /// grove when none answers for a while, so that all nodes of it can be started with one and the same list; and so
    /// does one that was a member before, since all of its grove may have lost each other.
    private List<Terms> found(Stopwatch stopwatch, CountDownLatch over) {
        List<String> others = nodes.stream().filter(node -> !node.equals(own)).toList();
        if (others.isEmpty()) {
            return List.of();
        }
        boolean founds = wasMember || nodes.getFirst().equals(own);
        long begin = stopwatch.nanos();
        while (true) {
            List<String> reasons = new ArrayList<>();
            boolean[] starting = new boolean[1];
            List<Terms> found =
                    answering(
                            others,
                            silent -> {
                                reasons.add(silent.getMessage());
                                starting[0] |= silent.isOfNone();
                            });
            if (found.isEmpty()) {
                found = answering(named.get(), silent -> {});
            }
            if (!found.isEmpty()) {
                return found;
            }
            if (founds && stopwatch.secondsSince(begin) > FOUNDING_SECONDS) {
                return List.of();
            }
            double patience = starting[0] ? STARTING_SECONDS : PATIENCE_SECONDS;
            if (stopwatch.secondsSince(begin) > patience || hurried(over)) {
                throw new UserError(reasons.getLast() + "; see that a node runs there, and --join it");
            }
            news.accept(reasons.getLast());
        }
    }

    /// What those say that are members of a grove now; may be empty.
    ///
    /// @param silence hears why one does not
    static List<Terms> answering(List<String> nodes, Consumer<ControlClient.Unanswered> silence) {
        List<Terms> found = new ArrayList<>();
        for (String node : nodes) {
            try {
                found.add(Terms.ask(node, ANSWER_MS));
            } catch (ControlClient.Unanswered silent) {
                silence.accept(silent);
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
