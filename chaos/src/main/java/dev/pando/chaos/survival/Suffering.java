package dev.pando.chaos.survival;

import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.injection.Firing;
import dev.pando.chaos.injection.Injection;
import dev.pando.chaos.survival.Orders.Order;
import dev.pando.chaos.survival.Orders.Struck;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Inside a node's process: lets its devices and its store suffer what the orders say.
public final class Suffering {
    private static final long LOOK_MS = 10;

    private final Orders orders;
    private final List<Order> given = new ArrayList<>();
    private final Injection injection;

    private Suffering(Path folder, String node, Path checkpoints) {
        this.orders = new Orders(folder, node);
        this.injection = Injection.open(node.hashCode(), checkpoints, this::struck);
        Orders.ofTheData(folder).next().forEach(this::suffer);
    }

    private void suffer(Order order) {
        synchronized (given) {
            given.add(order);
        }
        injection.arm(order.fault());
    }

    /// @param folder where the orders come from
    /// @param node name of this one
    /// @param checkpoints of the job
    /// @return what stands between the actors and what they work with
    public static Injection begin(Path folder, String node, Path checkpoints) {
        Suffering suffering = new Suffering(folder, node, checkpoints);
        Thread.ofPlatform().daemon().name("pando-orders").start(suffering::listen);
        return suffering.injection;
    }

    private void listen() {
        try {
            while (true) {
                orders.next().forEach(this::suffer);
                TimeUnit.MILLISECONDS.sleep(LOOK_MS);
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private void struck(Firing firing) {
        int number;
        synchronized (given) {
            number =
                    given.stream()
                            .filter(order -> isOf(order.fault(), firing))
                            .mapToInt(Order::number)
                            .findFirst()
                            .orElse(0);
        }
        orders.struck(
                new Struck(number, Instant.now(), firing.who() + " " + firing.moment() + " of step " + firing.step()));
    }

    @SuppressWarnings("ReferenceEquality") // two faults may read the same
    private static boolean isOf(Fault fault, Firing firing) {
        return fault == firing.fault();
    }
}
