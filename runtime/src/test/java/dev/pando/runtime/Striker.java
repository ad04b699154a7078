package dev.pando.runtime;

import dev.pando.runtime.FaultSchedule.Fault;
import dev.pando.runtime.grove.NodeLine;
import dev.pando.runtime.grove.NodeProcess;
import dev.pando.runtime.grove.Nodes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Does to the processes of a grove what a [FaultSchedule] says, and keeps the grove between three and five nodes.
final class Striker {
    private static final int FEWEST = 3;
    private static final int MOST = 5;
    private static final long COLLECTION_MS = 2_000;
    private static final long LONG_MS = 13_000; // longer than the cluster's patience with silence

    private final Nodes nodes;
    private final Grove grove;
    private final List<CompletableFuture<Void>> frozen = new ArrayList<>();

    Striker(Nodes nodes, Grove grove) {
        this.nodes = nodes;
        this.grove = grove;
    }

    /// @return what was done
    String strike(Fault fault, String job) {
        return switch (fault.kind()) {
            case KILL_A_WORKER -> signal("KILL", one(job, false, fault.pick()));
            case KILL_THE_LEADER -> signal("KILL", one(job, true, fault.pick()));
            case KILL_THE_LEADER_AND_A_WORKER ->
                    signal("KILL", one(job, true, fault.pick()), one(job, false, fault.pick()));
            case KILL_ALL -> signal("KILL", nodes.running().toArray(NodeProcess[]::new));
            case FREEZE_A_WORKER -> freeze(one(job, false, fault.pick()), COLLECTION_MS);
            case FREEZE_THE_LEADER -> freeze(one(job, true, fault.pick()), COLLECTION_MS);
            case FREEZE_FOR_LONG -> freeze(one(job, fault.pick() % 3 == 0, fault.pick()), LONG_MS);
            case JOIN -> join();
            case LEAVE -> leave(one(job, false, fault.pick()));
            case THE_LEADER_LEAVES -> leave(one(job, true, fault.pick()));
        };
    }

    /// Waits until whoever is frozen is no longer.
    void thawAll() {
        frozen.forEach(CompletableFuture::join);
        frozen.clear();
    }

    private NodeProcess one(String job, boolean leading, int pick) {
        List<NodeProcess> running = nodes.running().stream().sorted(Comparator.comparing(NodeProcess::name)).toList();
        String leader = grove.status(job).node();
        List<String> names =
                grove.status().nodes().stream()
                        .filter(node -> node.system().equals(leader) == leading)
                        .map(NodeLine::name)
                        .map(name -> name.replaceAll("@.*", "")) // a node may have joined anew
                        .toList();
        List<NodeProcess> fitting = running.stream().filter(node -> names.contains(node.name())).toList();
        List<NodeProcess> from = fitting.isEmpty() ? running : fitting;
        return from.get(pick % from.size());
    }

    private String join() {
        if (nodes.running().size() >= MOST) {
            return "nobody joins: there are " + MOST;
        }
        try {
            return nodes.startOne(1).name() + " joins";
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private String leave(NodeProcess node) {
        if (nodes.running().size() <= FEWEST) {
            join();
        }
        nodes.retire(node);
        return node.name() + " leaves";
    }

    private String freeze(NodeProcess node, long forMs) {
        String told = signal("STOP", node);
        frozen.add(
                CompletableFuture.runAsync(
                        () -> signal("CONT", node), CompletableFuture.delayedExecutor(forMs, TimeUnit.MILLISECONDS)));
        return told + " for " + forMs + " ms";
    }

    private static String signal(String name, NodeProcess... victims) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        List<String> told = new ArrayList<>();
        for (NodeProcess victim : victims) {
            command.add(Long.toString(victim.process().pid()));
            told.add(victim.name());
        }
        try {
            new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
        return "SIG" + name + " to " + String.join(", ", told);
    }
}
