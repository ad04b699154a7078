package dev.pando.bench.collectives;

import dev.pando.runtime.processes.OwnJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Starts the ranks of an all-reduce benchmark, each in a separate process, and tells each where the others are.
public final class AllReduceBench {
    private AllReduceBench() {}

    /// @param args see [AllReduceOptions]
    public static void main(String[] args) throws IOException, InterruptedException {
        AllReduceOptions options = AllReduceOptions.parse(args);
        List<Process> ranks = new ArrayList<>();
        try {
            for (int rank = 0; rank < options.world(); rank++) {
                ranks.add(start(args, options.namespaces(), rank));
            }
            introduce(ranks);
            for (Process rank : ranks) {
                BufferedReader said = rank.inputReader(StandardCharsets.UTF_8);
                said.lines().takeWhile(line -> !line.equals(AllReduceRank.ENDED)).forEach(System.out::println);
            }
            for (Process rank : ranks) {
                rank.getOutputStream().close();
            }
            for (Process rank : ranks) {
                if (rank.waitFor() != 0) {
                    throw new IllegalStateException("a rank ended with " + rank.exitValue());
                }
            }
        } finally {
            ranks.forEach(Process::destroyForcibly);
        }
    }

    private static Process start(String[] args, List<String> namespaces, int rank) throws IOException {
        List<String> command = new ArrayList<>();
        List<String> place = new ArrayList<>();
        if (!namespaces.isEmpty()) {
            String[] nameAndAddress = namespaces.get(rank).split("=");
            command.addAll(List.of("ip", "netns", "exec", nameAndAddress[0]));
            place.addAll(List.of("--address", nameAndAddress[1]));
        }
        command.addAll(OwnJvm.command(AllReduceRank.class.getName()));
        command.addAll(place); // first: sizes of datagrams are for an address
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static void introduce(List<Process> ranks) throws IOException {
        List<String> addresses = new ArrayList<>();
        for (Process rank : ranks) {
            // the JVM may have said something first
            addresses.add(
                    rank.inputReader(StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.startsWith("pando:"))
                            .findFirst()
                            .orElseThrow(() -> new IllegalStateException("a rank did not start")));
        }
        for (int rank = 0; rank < ranks.size(); rank++) {
            PrintStream words = new PrintStream(ranks.get(rank).getOutputStream(), true, StandardCharsets.UTF_8);
            words.println(rank);
            addresses.forEach(words::println);
        }
    }
}
