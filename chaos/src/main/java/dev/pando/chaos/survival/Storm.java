package dev.pando.chaos.survival;

import dev.pando.actors.job.Stopwatch;
import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import dev.pando.chaos.survival.Orders.Order;
import dev.pando.chaos.survival.Orders.Struck;
import dev.pando.runtime.processes.NodeProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Deals faults to the processes of a grove while it works: signals from outside, orders to the devices inside.
final class Storm implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Storm.class);
    private static final long LOOK_MS = 10;
    private static final Duration UNTIL_RESET = Duration.ofSeconds(15); // a machine that hangs is reset
    private static final int WHOM = 1;

    /// Something that follows a blow.
    private record Later(double atSeconds, Runnable action) {}

    private final List<Due> due;
    private final WithdrawnFolder journal;
    private final long seed;
    private final Path folder;
    private final Supplier<List<NodeProcess>> running;
    private final Supplier<Optional<String>> leader;
    private final int devices;
    private final Stopwatch stopwatch;
    private final Consumer<Blow> listener;
    private final Map<Integer, NodeProcess> slots = new TreeMap<>(); // who runs in the place of which first node
    private final Map<String, Orders> orders = new TreeMap<>();
    private final Map<Integer, Blow> blows = new TreeMap<>();
    private final List<Later> later = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread thread;
    private volatile long committed;
    private volatile long beganNs;
    private int dealt;

    /// @param data what is wrong with the job's data, see [#poison]
    /// @param journal of the job
    /// @param folder for orders; the nodes know it too
    /// @param running the processes that run now
    /// @param leader name of the node that leads the job, where that is known
    /// @param devices of each node
    /// @param listener hears of each blow as it is dealt, and once more when it has struck
    Storm(
            List<Due> due,
            List<Fault> data,
            WithdrawnFolder journal,
            long seed,
            Path folder,
            Supplier<List<NodeProcess>> running,
            Supplier<Optional<String>> leader,
            int devices,
            Stopwatch stopwatch,
            Consumer<Blow> listener) {
        this.due = new ArrayList<>(due);
        this.journal = journal;
        this.seed = seed;
        this.folder = folder;
        this.running = running;
        this.leader = leader;
        this.devices = devices;
        this.stopwatch = stopwatch;
        this.listener = listener;
        for (Fault fault : data) {
            blows.put(++dealt, new Blow(dealt, fault, Instant.now(), Optional.empty(), ""));
        }
        this.thread = Thread.ofPlatform().daemon().name("pando-storm").start(this::run);
    }

    /// Lets the job's data be bad, before any node is there to compute on it.
    static void poison(List<Fault> data, Path folder) {
        for (int i = 0; i < data.size(); i++) {
            Orders.ofTheData(folder).give(new Order(1 + i, data.get(i)));
        }
    }

    /// So many steps are committed: the time runs from the first one on.
    void committed(long steps) {
        if (beganNs == 0) {
            beganNs = stopwatch.nanos();
        }
        committed = steps;
    }

    /// Ends it: no node stays frozen.
    ///
    /// @return all that were dealt, whether they struck or not
    List<Blow> end() {
        over.countDown();
        try {
            thread.join();
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
        later.forEach(each -> each.action().run());
        later.clear();
        return List.copyOf(blows.values());
    }

    @Override
    public void close() {
        end();
    }

    private void run() {
        try {
            while (!over.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
                look();
            }
            hearStrikes();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failure) {
            LOG.error("no more faults are dealt", failure);
        }
    }

    private synchronized void look() {
        followNodes();
        hearStrikes();
        if (beganNs == 0) {
            return;
        }
        double now = stopwatch.secondsSince(beganNs);
        for (Due next : List.copyOf(due)) {
            if (next.isNow(now, committed) && deal(next, now)) {
                due.remove(next);
            }
        }
        for (Later next : List.copyOf(later)) {
            if (now >= next.atSeconds()) {
                later.remove(next);
                next.action().run();
            }
        }
    }

    /// A node that is started in the place of another takes its slot.
    private void followNodes() {
        List<NodeProcess> now = running.get();
        for (NodeProcess node : now) {
            orders.computeIfAbsent(node.name(), name -> new Orders(folder, name));
            if (slots.values().stream().noneMatch(known -> known.name().equals(node.name()))) {
                int number = Integer.parseInt(node.name().substring("node-".length()));
                slots.entrySet().stream()
                        .filter(slot -> now.stream().noneMatch(each -> each.name().equals(slot.getValue().name())))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .ifPresentOrElse(slot -> slots.put(slot, node), () -> slots.put(number, node));
            }
        }
    }

    /// @return whether it is on its way; one whose node is away waits for its successor
    private boolean deal(Due next, double now) {
        Fault fault = next.fault().at(new When.AtStep(committed));
        if (fault.effect() instanceof Effect.JournalDown(long steps)) {
            withdrawJournal(fault, now, steps * now / Math.max(1, committed)); // no step may be committed meanwhile
            return true;
        }
        if (next.isOfNode()) {
            Optional<NodeProcess> node = node(fault.target()).filter(each -> each.process().isAlive());
            node.ifPresent(each -> signal(fault, each, now));
            return node.isPresent();
        }
        return switch (fault.target()) {
            case Target.Worker(int number, _) -> {
                NodeProcess node = slots.get(1 + number / devices);
                boolean isThere = node != null && node.process().isAlive();
                if (isThere) {
                    order(fault.aimedAt(new Target.Worker(number % devices)), List.of(node));
                }
                yield isThere;
            }
            default -> {
                order(fault, List.copyOf(slots.values()));
                yield true;
            }
        };
    }

    private Optional<NodeProcess> node(Target target) {
        return switch (target) {
            case Target.Node(int number) -> Optional.ofNullable(slots.get(number));
            case Target.Leader() ->
                    leader.get()
                            .flatMap(name ->
                                    slots.values().stream().filter(node -> node.name().equals(name)).findFirst());
            default -> Optional.ofNullable(slots.get(1 + Dice.below(slots.size(), seed, WHOM, dealt)));
        };
    }

    private void signal(Fault fault, NodeProcess node, double now) {
        ProcessHandle process = node.process();
        switch (fault.effect()) {
            case Effect.Kill() -> Signals.kill(process);
            case Effect.Hang() -> {
                Signals.freeze(process);
                later.add(new Later(now + UNTIL_RESET.toSeconds(), () -> Signals.kill(process)));
            }
            case Effect.Stop(Duration length) -> freeze(process, now, length);
            case Effect.GcPause(Duration length) -> freeze(process, now, length);
            default -> throw new IllegalStateException("\"" + fault + "\" is not of whole nodes");
        }
        struck(fault, node.name());
    }

    private void struck(Fault fault, String whom) {
        Instant now = Instant.now();
        Blow blow = new Blow(++dealt, fault, now, Optional.of(now), whom);
        blows.put(blow.number(), blow);
        listener.accept(blow);
    }

    private void withdrawJournal(Fault fault, double now, double seconds) {
        journal.takeAway();
        later.add(new Later(now + seconds, journal::giveBack));
        struck(fault, "the journal");
    }

    private void freeze(ProcessHandle process, double now, Duration length) {
        Signals.freeze(process);
        later.add(new Later(now + length.toNanos() / 1e9, () -> Signals.thaw(process)));
    }

    private void order(Fault fault, List<NodeProcess> nodes) {
        Blow blow = new Blow(++dealt, fault, Instant.now(), Optional.empty(), "");
        blows.put(blow.number(), blow);
        Order order = new Order(blow.number(), fault.at(new When.AtStep(0)));
        nodes.forEach(node -> orders.get(node.name()).give(order));
        listener.accept(blow);
    }

    private void hearStrikes() {
        for (Orders each : List.copyOf(orders.values())) {
            for (Struck struck : each.strikes()) {
                Blow blow = blows.get(struck.number());
                if (blow != null && blow.struck().isEmpty()) {
                    Blow now = blow.struckAt(struck.at(), struck.who());
                    blows.put(now.number(), now);
                    listener.accept(now);
                }
            }
        }
    }
}
