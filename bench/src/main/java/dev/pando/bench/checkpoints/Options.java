package dev.pando.bench.checkpoints;

import dev.pando.training.model.ModelConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// What is measured: the approximate size of float32 weights in megabytes, three times that with the moments, one row
/// of tokens a step; the model and the steps of the peer's benchmark.
///
/// @param folder where checkpoints go; emptied of this benchmark's own when it ends
/// @param every undisturbed steps before each checkpoint
/// @param repeats checkpoints of each way
/// @param only what is measured: `save`, `disk`, `server`
record Options(Path folder, double modelMb, int threads, int length, int every, int repeats, Set<String> only) {
    static Options parse(String[] args) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            given.put(args[i], args[i + 1]);
        }
        return new Options(
                Path.of(given.getOrDefault("--dir", "bench/target/checkpoints/store")),
                Double.parseDouble(given.getOrDefault("--model-mb", "200")),
                Integer.parseInt(given.getOrDefault("--threads", "2")),
                Integer.parseInt(given.getOrDefault("--seq", "256")),
                Integer.parseInt(given.getOrDefault("--every", "4")),
                Integer.parseInt(given.getOrDefault("--repeats", "5")),
                Set.of(given.getOrDefault("--only", "save,disk,server").split(",")));
    }

    ModelConfig model() {
        int layers = Math.max(1, (int) Math.round((modelMb * 1e6 / 4 - 2 * 4096 * 512) / 2_885_632));
        return new ModelConfig(4096, 512, layers, 8, 4, 1376, 1e6, 1e-5);
    }
}
