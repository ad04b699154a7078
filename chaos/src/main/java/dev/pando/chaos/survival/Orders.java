package dev.pando.chaos.survival;

import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// How faults get into a node's process, and the news that they struck out of it: two files that only grow, a line an
/// order and a line a strike. Nothing of it needs the network, which may be what is at fault.
final class Orders {
    /// A fault that a node is to suffer at its next occasion.
    ///
    /// @param number of the blow
    record Order(int number, Fault fault) {}

    /// @param number of the blow
    /// @param who it struck, and in the middle of what
    record Struck(int number, Instant at, String who) {}

    private final Path orders;
    private final Path strikes;
    private long ordersRead;
    private long strikesRead;

    /// What is wrong with the job's data: for every node, from its beginning on.
    static Orders ofTheData(Path folder) {
        return new Orders(folder, "data");
    }

    /// @param node its name, which is never used twice
    Orders(Path folder, String node) {
        this.orders = folder.resolve(node + ".orders");
        this.strikes = folder.resolve(node + ".strikes");
    }

    void give(Order order) {
        append(orders, order.number() + " " + order.fault());
    }

    /// Orders that were given since this was asked last.
    List<Order> next() {
        List<Order> next = new ArrayList<>();
        for (String line : read(orders, ordersRead)) {
            ordersRead += bytes(line);
            int space = line.indexOf(' ');
            next.add(
                    new Order(
                            Integer.parseInt(line.substring(0, space)),
                            FaultScript.parse(line.substring(space + 1)).faults().getFirst()));
        }
        return next;
    }

    /// Reaches the sender of the order, even if the node dies of it the next moment.
    void struck(Struck struck) {
        append(strikes, struck.number() + " " + struck.at() + " " + struck.who());
    }

    /// Strikes since this was asked last.
    List<Struck> strikes() {
        List<Struck> next = new ArrayList<>();
        for (String line : read(strikes, strikesRead)) {
            strikesRead += bytes(line);
            String[] parts = line.split(" ", 3);
            next.add(new Struck(Integer.parseInt(parts[0]), Instant.parse(parts[1]), parts[2]));
        }
        return next;
    }

    private static long bytes(String line) {
        return line.getBytes(StandardCharsets.UTF_8).length + 1L;
    }

    private static void append(Path file, String line) {
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot write " + file, failed);
        }
    }

    /// Whole lines from an offset on.
    private static List<String> read(Path file, long from) {
        try {
            if (!Files.exists(file) || Files.size(file) <= from) {
                return List.of();
            }
            String text = Files.readString(file).substring((int) from);
            return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read " + file, failed);
        }
    }
}
