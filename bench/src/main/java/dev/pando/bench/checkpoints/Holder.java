package dev.pando.bench.checkpoints;

import dev.pando.checkpoint.MemoryReplicas;
import dev.pando.checkpoint.PeerMemory;
import dev.pando.checkpoint.Replicas.Stamp;
import dev.pando.checkpoint.TensorPart;
import dev.pando.collectives.Transport;
import dev.pando.collectives.TransportSettings;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.LossHistory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Another node, as a process of its own: holds the newest state of the one that trains in its memory, and gives it
/// back.
///
/// It says its address, is told the trainer's, then takes in states until it is told the address of a successor.
public final class Holder {
    static final String TRAINER = "trainer";
    static final String HOLDER = "holder";
    static final String SUCCESSOR = "successor";
    static final Map<String, List<String>> PLACEMENT = Map.of(TRAINER, List.of(HOLDER));
    static final Deadline DEADLINE = new Deadline("a state in a peer's memory", TimeUnit.MINUTES.toNanos(5));

    private Holder() {}

    static Membership membership(long epoch, Member... members) {
        return new Membership("memory", epoch, List.of(members));
    }

    /// @param args see [Options]
    public static void main(String[] args) throws IOException {
        List<TensorPart> like = like(Options.parse(args));
        BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Transport transport = Transport.start(TransportSettings.defaults());
                Collective collective = transport.join(HOLDER);
                MemoryReplicas replicas = new MemoryReplicas()) {
            PeerMemory memory = new PeerMemory(collective, replicas, HOLDER);
            Member self = new Member(HOLDER, collective.address());
            System.out.println(collective.address());
            collective.enter(membership(1, new Member(TRAINER, told.readLine()), self));
            Thread taking = Thread.ofPlatform().name("holder").start(() -> take(memory, like));
            collective.enter(membership(2, new Member(SUCCESSOR, told.readLine()), self));
            taking.join();
            memory.restore(DEADLINE, new Operation(2, 0), TRAINER, SUCCESSOR);
            try (ServerSocketChannel listening = Loopback.listen()) {
                System.out.println(listening.socket().getLocalPort());
                Loopback.send(listening, Long.parseLong(told.readLine()));
            }
        } catch (InterruptedException given) {
            Thread.currentThread().interrupt();
        }
    }

    private static void take(PeerMemory memory, List<TensorPart> like) {
        Outcome outcome = new Outcome.Done();
        for (long round = 0; outcome instanceof Outcome.Done; round++) {
            outcome =
                    memory.exchange(
                            DEADLINE,
                            new Operation(1, round),
                            PLACEMENT,
                            new Stamp(0, LossHistory.EMPTY),
                            List.of(),
                            Map.of(TRAINER, like));
        }
    }

    /// What the trainer holds, as names and shapes.
    private static List<TensorPart> like(Options options) {
        List<TensorPart> parts = new ArrayList<>();
        for (String prefix : List.of("", "exp_avg/", "exp_avg_sq/")) {
            ModelTensors.table(options.model())
                    .entries()
                    .forEach(entry ->
                            parts.add(
                                    TensorPart.whole(
                                            prefix + entry.name(),
                                            entry.shape(),
                                            MemorySegment.NULL.reinterpret(entry.length() * Float.BYTES))));
        }
        return parts;
    }
}
