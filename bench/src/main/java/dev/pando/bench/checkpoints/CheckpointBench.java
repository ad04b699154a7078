package dev.pando.bench.checkpoints;

import dev.pando.checkpoint.BackgroundCheckpoints;
import dev.pando.checkpoint.BackgroundCheckpoints.Taken;
import dev.pando.checkpoint.CheckpointSettings;
import dev.pando.checkpoint.Checkpoints;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.Trainer;
import dev.pando.training.tensor.Memory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// What a checkpoint costs the training loop, and what it takes to come back from one: one JSON object per way.
///
/// The model and its steps are those of a peer's benchmark: about so many megabytes of float32 weights, three times
/// that with the moments, one row of tokens a step. `blocking_s` is how long the loop was kept; `stall_s` adds how much
/// longer the steps until durable took than undisturbed ones; `durable_s` is the time from the call until the power may
/// go.
public final class CheckpointBench implements AutoCloseable {
    private static final long DEADLINE_NS = TimeUnit.MINUTES.toNanos(5);

    private final Options options;
    private final Arena arena = Arena.ofShared();
    private final Trainer trainer;
    private final MemorySegment gradient;

    /// @param folder where checkpoints go; emptied of this benchmark's own when it ends
    private record Options(Path folder, double modelMb, int threads, int length, int every, int repeats) {
        static Options parse(String[] args) {
            Map<String, String> given = new java.util.HashMap<>();
            for (int i = 0; i + 1 < args.length; i += 2) {
                given.put(args[i], args[i + 1]);
            }
            return new Options(
                    Path.of(given.getOrDefault("--dir", "bench/target/checkpoints/store")),
                    Double.parseDouble(given.getOrDefault("--model-mb", "200")),
                    Integer.parseInt(given.getOrDefault("--threads", "2")),
                    Integer.parseInt(given.getOrDefault("--seq", "256")),
                    Integer.parseInt(given.getOrDefault("--every", "4")),
                    Integer.parseInt(given.getOrDefault("--repeats", "5")));
        }

        ModelConfig model() {
            int layers = Math.max(1, (int) Math.round((modelMb * 1e6 / 4 - 2 * 4096 * 512) / 2_885_632));
            return new ModelConfig(4096, 512, layers, 8, 4, 1376, 1e6, 1e-5);
        }
    }

    private CheckpointBench(Options options) {
        this.options = options;
        ModelConfig model = options.model();
        Recipe recipe = new Recipe(1_000_000, 1e-4, 0.1, 0, 0.9, 0.95, 1e-8, 0.1, true, 1.0);
        Memory memory = Memory.of(arena);
        this.trainer =
                new ModelTrainer(
                        model,
                        Keeping.ALL,
                        recipe,
                        new BatchPlan(1, 1, 1, options.length),
                        new RandomTokens(1, model.vocabulary(), options.length),
                        1,
                        new CpuOps("bench", options.threads),
                        memory);
        this.gradient = memory.allocate("gradient", trainer.table().bytes());
    }

    /// @param args `--dir FOLDER --model-mb 200 --threads 2 --seq 256 --every 4 --repeats 5`
    public static void main(String[] args) throws Exception {
        try (CheckpointBench bench = new CheckpointBench(Options.parse(args))) {
            for (int n = 0; n < 3; n++) {
                bench.step(null);
            }
            bench.synchronous();
            bench.background();
        }
    }

    /// One step. What was taken before it is awaited where the state begins to change.
    ///
    /// @return seconds of the step, and of those the ones spent waiting
    private double[] step(Taken taken) throws InterruptedException {
        long begin = System.nanoTime();
        Trainer.ShardLoss loss = trainer.compute(0, gradient);
        long waiting = System.nanoTime();
        if (taken != null) {
            taken.awaitCopied(DEADLINE_NS);
        }
        long applying = System.nanoTime();
        trainer.apply(gradient, loss);
        return new double[] {seconds(begin), (applying - waiting) / 1e9};
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private List<Double> alone() throws InterruptedException {
        List<Double> steps = new ArrayList<>();
        for (int n = 0; n < options.every; n++) {
            steps.add(step(null)[0]);
        }
        return steps;
    }

    private void synchronous() throws Exception {
        Figures figures = new Figures("save");
        try (Checkpoints store = open()) {
            for (int n = 0; n <= options.repeats; n++) {
                List<Double> alone = alone();
                flush();
                long begin = System.nanoTime();
                Saved saved = store.save(trainer.state(), Map.of());
                double held = seconds(begin);
                if (n > 0) {
                    figures.add(alone, held, held, held);
                }
                figures.saved = saved;
            }
            figures.print(store);
        }
    }

    private void background() throws Exception {
        Figures figures = new Figures("background");
        try (Checkpoints store = open();
                BackgroundCheckpoints background = new BackgroundCheckpoints(store, trainer.state(), 1)) {
            for (int n = 0; n <= options.repeats; n++) {
                List<Double> alone = alone();
                double usual = median(alone);
                flush();
                long begin = System.nanoTime();
                Taken taken = background.take(trainer.state(), Map.of());
                double held = seconds(begin);
                CompletableFuture<Double> durable =
                        taken.outcome().thenApply(outcome -> seconds(begin)).toCompletableFuture();
                String hash = n == options.repeats ? StateHash.of(trainer.state()) : "";
                double slower = 0;
                boolean first = true;
                while (first || !durable.isDone()) {
                    double[] step = step(first ? taken : null);
                    held += step[1];
                    slower += step[0] - step[1] - usual;
                    first = false;
                }
                if (n > 0) {
                    figures.add(alone, held, held + Math.max(0, slower), durable.get());
                }
                figures.hash = hash;
            }
            figures.saved = store.list().getFirst();
            figures.print(store);
        }
    }

    private Checkpoints open() {
        return Checkpoints.in(options.folder, "bench", CheckpointSettings.DEFAULT.withKeep(1));
    }

    /// What others have not yet written to disk would be written on our account.
    private static void flush() throws IOException, InterruptedException {
        new ProcessBuilder("sync").start().waitFor();
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
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
            long begin = System.nanoTime();
            store.newest();
            double verified = seconds(begin);
            begin = System.nanoTime();
            store.load(saved, trainer.state().spans());
            double loaded = seconds(begin);
            boolean exact = hash.isEmpty() || loadedHash(saved).equals(hash);
            System.out.printf(
                    Locale.ROOT,
                    "{\"bench\": \"checkpoint\", \"peer\": \"pando\", \"way\": \"%s\", \"threads\": %d, \"model_mb\":"
                            + " %.1f, \"state_mb_per_rank\": %.1f, \"blocking_s\": %.4f, \"stall_s\": %.3f, \"durable_s\":"
                            + " %.3f, \"durable_mb_s\": %.1f, \"step_s\": %.3f, \"read_back_exact\": %b, \"verify_s\":"
                            + " %.3f, \"load_s\": %.3f, \"blocking_s_all\": %s, \"durable_s_all\": %s}%n",
                    way,
                    options.threads,
                    4 * trainer.table().parameters() / 1e6,
                    saved.bytes() / 1e6,
                    median(blocking),
                    median(stalls),
                    median(durable),
                    saved.bytes() / 1e6 / median(durable),
                    median(quiet),
                    exact,
                    verified,
                    loaded,
                    rounded(blocking),
                    rounded(durable));
        }

        private String loadedHash(Saved newest) {
            trainer.restored(newest.step(), newest.history());
            return StateHash.of(trainer.state());
        }

        private static List<String> rounded(List<Double> values) {
            return values.stream().map(value -> String.format(Locale.ROOT, "%.4f", value)).toList();
        }
    }

    @Override
    public void close() {
        trainer.close();
        arena.close();
    }
}
