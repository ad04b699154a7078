package dev.pando.bench.checkpoints;

import dev.pando.bench.Spread;
import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.memory.BackgroundCheckpoints;
import dev.pando.checkpoint.memory.BackgroundCheckpoints.Outcome.Superseded;
import dev.pando.checkpoint.memory.BackgroundCheckpoints.Taken;
import dev.pando.checkpoint.memory.MemoryReplicas;
import dev.pando.checkpoint.memory.PeerMemory;
import dev.pando.checkpoint.memory.Replicas.Stamp;
import dev.pando.collectives.Transport;
import dev.pando.collectives.TransportSettings;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// Every step into the memory of another process, every tenth to disk as well; then back from that memory.
final class EveryStep {
    private static final int TO_DISK = 10;
    private static final int BLOCK = 20;
    private static final int WARM_UP = 3;

    private EveryStep() {}

    /// The other node's memory as the place that states are written to.
    private static final class OtherMemory implements CheckpointStore {
        private final PeerMemory memory;
        private final AtomicLong operations = new AtomicLong();
        private final List<Double> seconds = new ArrayList<>();

        OtherMemory(PeerMemory memory) {
            this.memory = memory;
        }

        @Override
        public Saved save(TrainerState state, Map<String, String> attributes) {
            long begin = System.nanoTime();
            Outcome outcome =
                    memory.exchange(
                            Holder.DEADLINE,
                            new Operation(1, operations.getAndAdd(PeerMemory.operationsOf(Holder.PLACEMENT))),
                            Holder.PLACEMENT,
                            new Stamp(state.step(), state.history()),
                            parts(state),
                            Map.of());
            if (!(outcome instanceof Outcome.Done)) {
                throw new CheckpointException("the peer's memory: " + outcome);
            }
            seconds.add(Rig.seconds(begin));
            return new Saved("memory", state.step(), state.history(), attributes, bytes(state));
        }

        @Override
        public List<Saved> list() {
            return List.of();
        }

        @Override
        public Newest newest() {
            return new Newest(java.util.Optional.empty(), List.of());
        }

        @Override
        public void load(Saved saved, List<TrainerState.Span> into) {
            throw new UnsupportedOperationException("it comes back by the data plane");
        }

        @Override
        public void close() {}
    }

    static List<TensorPart> parts(TrainerState state) {
        return state.spans().stream().map(span -> TensorPart.whole(span.name(), span.shape(), span.data())).toList();
    }

    static long bytes(TrainerState state) {
        return state.spans().stream().mapToLong(span -> span.data().byteSize()).sum();
    }

    static void measure(Rig rig) throws Exception {
        Process process = Child.start(Holder.class, rig.options);
        try (Transport transport = Transport.start(TransportSettings.defaults());
                Collective collective = transport.join(Holder.TRAINER);
                MemoryReplicas none = new MemoryReplicas();
                BufferedReader said =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
                PrintStream tell = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8)) {
            Member holder = new Member(Holder.HOLDER, said.readLine());
            tell.println(collective.address());
            collective.enter(Holder.membership(1, new Member(Holder.TRAINER, collective.address()), holder));
            Path medium = Path.of(said.readLine());
            train(rig, new OtherMemory(new PeerMemory(collective, none, Holder.TRAINER)), collective.memory());
            comeBack(rig, transport, holder, medium, tell);
        } finally {
            process.destroy();
        }
    }

    private static void train(Rig rig, OtherMemory peer, Memory copies) throws Exception {
        List<Double> quiet = new ArrayList<>();
        List<Double> disturbed = new ArrayList<>();
        List<Double> blocked = new ArrayList<>();
        List<Double> waited = new ArrayList<>();
        List<Taken> all = new ArrayList<>();
        try (Checkpoints disk = CheckpointBench.open(rig.options);
                BackgroundCheckpoints memory = new BackgroundCheckpoints(peer, rig.trainer.state(), 1, copies);
                BackgroundCheckpoints durable = new BackgroundCheckpoints(disk, rig.trainer.state(), 1)) {
            for (int n = 0; n < WARM_UP; n++) {
                rig.step(List.of(memory.take(rig.trainer.state(), Map.of())));
            }
            while (disturbed.size() < rig.options.steps()) {
                quiet.addAll(rig.alone(BLOCK / 2));
                for (int n = 0; n < BLOCK; n++) {
                    long begin = System.nanoTime();
                    List<Taken> taken = new ArrayList<>(List.of(memory.take(rig.trainer.state(), Map.of())));
                    if (n % TO_DISK == 0) {
                        taken.add(durable.take(rig.trainer.state(), Map.of()));
                    }
                    double held = Rig.seconds(begin);
                    Rig.Step step = rig.step(taken);
                    all.add(taken.getFirst());
                    blocked.add(held + step.waited());
                    waited.add(step.waited());
                    disturbed.add(held + step.seconds());
                }
            }
            memory.take(rig.trainer.state(), Map.of()).awaitCopied(1L << 40);
        }
        long superseded =
                all.stream().filter(one -> one.outcome().toCompletableFuture().join() instanceof Superseded).count();
        double usual = Lines.median(quiet);
        double[] shares = blocked.stream().mapToDouble(one -> one / usual).sorted().toArray();
        Lines.of("every_step", "memory each, disk each tenth", rig.options)
                .with("state_mb", bytes(rig.trainer.state()) / 1e6)
                .with("steps", disturbed.size())
                .with("step_s", usual)
                .with("step_s_with", Lines.median(disturbed))
                .with("blocking_s", Lines.median(blocked))
                .with("waited_s", Lines.median(waited))
                .with("blocking_share_p50", Spread.median(shares))
                .with("blocking_share_p99", shares[(int) Math.ceil(0.99 * shares.length) - 1])
                .with("blocking_share_all", Lines.rounded(blocked.stream().map(one -> one / usual).toList()))
                .with("in_peer_memory_s", Lines.median(peer.seconds))
                .with("superseded", superseded)
                .with("copies_mb", 4 * bytes(rig.trainer.state()) / 1e6)
                .print();
    }

    /// Successors, one after the other, each a member of its own that has never heard of the holder.
    private static void comeBack(Rig rig, Transport transport, Member holder, Path medium, PrintStream tell)
            throws IOException {
        TrainerState state = rig.trainer.state();
        List<MemorySegment> spans = state.spans().stream().map(TrainerState.Span::data).toList();
        String hash = StateHash.of(state);
        Restoring restoring = new Restoring("peer memory", "one thread, copying out of the other process's memory");
        for (int n = 0; n <= rig.options.repeats(); n++) {
            double allowed = OtherProcess.copy(medium, spans);
            spans.forEach(span -> span.fill((byte) 0));
            try (Collective collective = transport.join(Holder.SUCCESSOR);
                    MemoryReplicas none = new MemoryReplicas()) {
                PeerMemory memory = new PeerMemory(collective, none, Holder.SUCCESSOR);
                Member self = new Member(Holder.SUCCESSOR, collective.address());
                tell.println(collective.address());
                long begin = System.nanoTime();
                long epoch = 2L + n;
                collective.enter(Holder.membership(epoch, self, holder));
                Outcome outcome =
                        memory.recover(
                                Holder.DEADLINE,
                                new Operation(epoch, 0),
                                Holder.HOLDER,
                                parts(state),
                                stamp -> rig.trainer.restored(stamp.step(), stamp.history()));
                double seconds = Rig.seconds(begin);
                if (!(outcome instanceof Outcome.Done)) {
                    throw new IllegalStateException("the state did not come back: " + outcome);
                }
                restoring.add(n, seconds, allowed, StateHash.of(rig.trainer.state()).equals(hash));
            }
        }
        restoring.print(rig, bytes(state));
    }
}
