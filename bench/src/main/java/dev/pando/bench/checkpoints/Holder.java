package dev.pando.bench.checkpoints;

import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.memory.MemoryReplicas;
import dev.pando.checkpoint.memory.PeerMemory;
import dev.pando.checkpoint.memory.Replicas.Stamp;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Another node, as a process of its own: holds the newest state of the one that trains in its memory, and gives it
/// back.
///
/// It says its address, is told the trainer's, then takes in states until it is told the address of a successor, who
/// gets the newest; and so do further successors, until its input ends.
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
        TransportSettings settings = TransportSettings.defaults();
        Path medium = settings.directory().resolve("pando-medium-" + ProcessHandle.current().pid());
        try (Transport transport = Transport.start(settings);
                Collective collective = transport.join(HOLDER);
                MemoryReplicas replicas = new MemoryReplicas(collective.memory())) {
            PeerMemory memory = new PeerMemory(collective, replicas, HOLDER);
            Member self = new Member(HOLDER, collective.address());
            System.out.println(collective.address());
            collective.enter(membership(1, new Member(TRAINER, told.readLine()), self));
            Thread taking = Thread.ofPlatform().name("holder").start(() -> take(memory, like));
            OtherProcess.write(medium, like.stream().mapToLong(part -> part.data().byteSize()).sum());
            System.out.println(medium);
            long epoch = 1;
            for (String successor = told.readLine(); successor != null; successor = told.readLine()) {
                collective.enter(membership(++epoch, new Member(SUCCESSOR, successor), self));
                if (!taking.join(Duration.ofNanos(DEADLINE.patienceNs()))) {
                    throw new IllegalStateException("thread holder still takes states in after " + DEADLINE.name());
                }
                memory.restore(DEADLINE, new Operation(epoch, 0), TRAINER, SUCCESSOR);
            }
        } catch (InterruptedException given) {
            Thread.currentThread().interrupt();
        } finally {
            Files.deleteIfExists(medium);
        }
    }

    private static void take(PeerMemory memory, List<TensorPart> like) {
        Outcome outcome = new Outcome.Done();
        for (long first = 0; outcome instanceof Outcome.Done; first += PeerMemory.operationsOf(PLACEMENT)) {
            outcome =
                    memory.exchange(
                            DEADLINE,
                            new Operation(1, first),
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
