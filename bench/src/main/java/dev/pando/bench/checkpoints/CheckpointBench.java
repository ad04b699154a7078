package dev.pando.bench.checkpoints;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.SnapshotBuffer;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.TrainerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What a checkpoint costs the training loop, and what it takes to come back from one: one JSON object per way.
///
/// `blocking_s` is how long the loop was kept; `stall_s` adds how much longer the steps until durable took than
/// undisturbed ones; `durable_s` is the time from the call until the power may go.
public final class CheckpointBench {
    private final Rig rig;
    private final Options options;

    private CheckpointBench(Rig rig) {
        this.rig = rig;
        this.options = rig.options;
    }

    /// @param args see [Options]
    public static void main(String[] args) throws Exception {
        Server.quiet();
        try (Rig rig = new Rig(Options.parse(args))) {
            rig.alone(3);
            CheckpointBench bench = new CheckpointBench(rig);
            if (rig.options.only().contains("save")) {
                bench.synchronous();
                bench.background();
            }
            if (rig.options.only().contains("disk")) {
                Restoring.fromDisk(rig);
            }
            if (rig.options.only().contains("server")) {
                Restoring.fromServer(rig);
            }
        }
    }

    static Checkpoints open(Options options) {
        return Checkpoints.in(options.folder(), "bench", CheckpointSettings.DEFAULT.withKeep(1));
    }

    private void synchronous() throws Exception {
        Figures figures = new Figures("save");
        try (Checkpoints store = open(options)) {
            for (int n = 0; n <= options.repeats(); n++) {
                List<Double> alone = rig.alone(options.every());
                Rig.flush();
                long begin = System.nanoTime();
                figures.saved = store.save(rig.trainer.state(), Map.of());
                double held = Rig.seconds(begin);
                if (n > 0) {
                    figures.add(alone, held, held, held);
                }
            }
            figures.print(store);
        }
    }

    /// The way of a job: a thread copies the state into a [SnapshotBuffer] while the next step is computed, and another
    /// writes the copy.
    private void background() throws Exception {
        Figures figures = new Figures("background");
        SnapshotBuffer buffer = new SnapshotBuffer(rig.trainer.state().spans());
        try (Checkpoints store = open(options);
                ExecutorService copier = Executors.newSingleThreadExecutor();
                ExecutorService writer = Executors.newSingleThreadExecutor()) {
            for (int n = 0; n <= options.repeats(); n++) {
                List<Double> alone = rig.alone(options.every());
                double usual = Lines.median(alone);
                Rig.flush();
                long begin = System.nanoTime();
                TrainerState state = rig.trainer.state();
                Future<TrainerState> copy = copier.submit(() -> buffer.capture(state));
                Future<Double> durable =
                        writer.submit(() -> {
                            store.save(copy.get(), Map.of());
                            return Rig.seconds(begin);
                        });
                double held = Rig.seconds(begin);
                String hash = n == options.repeats() ? StateHash.of(rig.trainer.state()) : "";
                double slower = 0;
                do {
                    Rig.Step step = rig.step(copy);
                    held += step.waited();
                    slower += step.seconds() - step.waited() - usual;
                } while (!durable.isDone());
                if (n > 0) {
                    figures.add(alone, held, held + Math.max(0, slower), durable.get());
                }
                figures.hash = hash;
            }
            figures.saved = store.list().getFirst();
            figures.print(store);
        }
    }

    private final class Figures {
        private final String way;
        private final List<Double> quiet = new ArrayList<>();
        private final List<Double> blocking = new ArrayList<>();
        private final List<Double> stalls = new ArrayList<>();
        private final List<Double> durable = new ArrayList<>();
        private Saved saved;
        private String hash = "";

        Figures(String way) {
            this.way = way;
        }

        void add(List<Double> alone, double held, double stall, double done) {
            quiet.addAll(alone);
            blocking.add(held);
            stalls.add(stall);
            durable.add(done);
        }

        void print(Checkpoints store) {
            store.load(saved, rig.trainer.state().spans());
            rig.trainer.restored(saved.step(), saved.history());
            boolean exact = hash.isEmpty() || StateHash.of(rig.trainer.state()).equals(hash);
            Lines.of("checkpoint", way, options)
                    .with("model_mb", 4 * rig.trainer.table().parameters() / 1e6)
                    .with("state_mb_per_rank", saved.bytes() / 1e6)
                    .with("blocking_s", Lines.median(blocking))
                    .with("stall_s", Lines.median(stalls))
                    .with("durable_s", Lines.median(durable))
                    .with("durable_mb_s", saved.bytes() / 1e6 / Lines.median(durable))
                    .with("step_s", Lines.median(quiet))
                    .with("read_back_exact", exact)
                    .with("blocking_s_all", Lines.rounded(blocking))
                    .with("durable_s_all", Lines.rounded(durable))
                    .print();
        }
    }
}
