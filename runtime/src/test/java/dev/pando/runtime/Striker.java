package dev.pando.runtime;

import dev.pando.runtime.FaultSchedule.Fault;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.processes.NodeProcesses;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Does to the processes of a grove what a [FaultSchedule] says, and keeps the grove between three and five nodes.
final class Striker {
    private static final int FEWEST = 3;
    private static final int MOST = 5;
    private static final long SHORT_MS = 2_000; // within the patience of the cluster, and beyond that of a job
    private static final long LONG_MS = 13_000; // longer than the cluster's patience with silence

    private final NodeProcesses nodes;
    private final GroveClient grove;
    private final Optional<NamespacedHosts> hosts;
    private final List<CompletableFuture<Void>> passing = new ArrayList<>();

    /// @param hosts those of the nodes; empty: all are on this one
    Striker(NodeProcesses nodes, GroveClient grove, Optional<NamespacedHosts> hosts) {
        this.nodes = nodes;
        this.grove = grove;
        this.hosts = hosts;
    }

    /// @return what was done
    String strike(Fault fault, String job) {
        return switch (fault.kind()) {
            case KILL_A_WORKER -> signal("KILL", one(job, false, fault.pick()));
            case KILL_THE_LEADER -> signal("KILL", one(job, true, fault.pick()));
            case KILL_THE_LEADER_AND_A_WORKER ->
                    signal("KILL", one(job, true, fault.pick()), one(job, false, fault.pick()));
            case KILL_ALL -> signal("KILL", nodes.running().toArray(NodeProcess[]::new));
            case FREEZE_A_WORKER -> freeze(one(job, false, fault.pick()), SHORT_MS);
            case FREEZE_THE_LEADER -> freeze(one(job, true, fault.pick()), SHORT_MS);
            case FREEZE_FOR_LONG -> freeze(one(job, fault.pick() % 3 == 0, fault.pick()), LONG_MS);
            case CUT_OFF_A_WORKER -> cut(hostOf(one(job, false, fault.pick())), SHORT_MS);
            case CUT_OFF_THE_LEADER -> cut(hostOf(one(job, true, fault.pick())), SHORT_MS);
            case SPLIT -> cut(some(fault.pick()), SHORT_MS);
            case CUT_OFF_FOR_LONG -> cut(any(job, fault.pick()), LONG_MS);
            case JOIN -> join();
            case LEAVE -> leave(one(job, false, fault.pick()));
            case THE_LEADER_LEAVES -> leave(one(job, true, fault.pick()));
        };
    }

    /// Waits until no node is frozen or cut off any more.
    void awaitPassing() {
        passing.forEach(CompletableFuture::join);
        passing.clear();
    }

    private NodeProcess one(String job, boolean leading, int pick) {
        List<NodeProcess> running = nodes.running().stream().sorted(Comparator.comparing(NodeProcess::name)).toList();
        String leader = grove.status(job).node();
        List<String> names =
                grove.status().nodes().stream()
                        .filter(node -> node.system().equals(leader) == leading)
                        .map(NodeLine::name)
                        .map(name -> name.replaceAll("@.*", "")) // a node may have joined again
                        .toList();
        List<NodeProcess> fitting = running.stream().filter(node -> names.contains(node.name())).toList();
        List<NodeProcess> from = fitting.isEmpty() ? running : fitting;
        return from.get(pick % from.size());
    }

    private String join() {
        if (nodes.running().size() >= MOST) {
            return "no node joins: there are " + MOST;
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
        after(forMs, () -> signal("CONT", node));
        return told + " for " + forMs + " ms";
    }

    private Set<Integer> hostOf(NodeProcess node) {
        return Set.of(hosts.orElseThrow().hostOf(node.address()));
    }

    private Set<Integer> any(String job, int pick) {
        return switch (pick % 3) {
            case 0 -> hostOf(one(job, true, pick / 3));
            case 1 -> hostOf(one(job, false, pick / 3));
            default -> some(pick / 3);
        };
    }

    /// At least one of the hosts on which nodes run, and not all of them if there are two.
    private Set<Integer> some(int pick) {
        List<Integer> inUse =
                nodes.running().stream()
                        .map(node -> hosts.orElseThrow().hostOf(node.address()))
                        .distinct()
                        .sorted()
                        .toList();
        int sides = 1 + pick % Math.max(1, (1 << inUse.size()) - 2);
        return IntStream.range(0, inUse.size())
                .filter(i -> (sides >> i & 1) == 1)
                .mapToObj(inUse::get)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String cut(Set<Integer> side, long forMs) {
        List<String> cutOff =
                nodes.running().stream()
                        .filter(node -> side.contains(hosts.orElseThrow().hostOf(node.address())))
                        .map(NodeProcess::name)
                        .toList();
        try {
            hosts.orElseThrow().cut(side);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        after(forMs, () -> mend(side));
        return "cut off for " + forMs + " ms: hosts " + side + " with " + String.join(", ", cutOff);
    }

    private void mend(Set<Integer> side) {
        try {
            hosts.orElseThrow().mend(side);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private void after(long ms, Runnable end) {
        passing.add(CompletableFuture.runAsync(end, CompletableFuture.delayedExecutor(ms, TimeUnit.MILLISECONDS)));
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
