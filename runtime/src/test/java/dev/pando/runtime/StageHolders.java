package dev.pando.runtime;

import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.Contribution;
import dev.pando.checkpoint.Inspection;
import dev.pando.checkpoint.SharedCheckpoint;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.training.step.CheckpointStore.Saved;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Nodes of a pipeline: each holds the weights of its stage's layers and an even share of their moments, in memory of
/// its own, and nothing else.
final class StageHolders {
    private static final Pattern LAYER = Pattern.compile("layers\\.(\\d+)\\.");

    private StageHolders() {}

    /// The newest checkpoint once more, as such nodes would have written it: each reads its parts and forgets the rest,
    /// and each writes them with a separate store, side by side.
    static Saved rewrite(Path folder, String job, int stages, int replicas) throws Exception {
        try (Checkpoints beginner = open(folder, job)) {
            Saved whole = beginner.newest().saved().orElseThrow();
            List<Inspection.Tensor> tensors = beginner.inspect(whole.id()).tensors();
            try (SharedCheckpoint shared = beginner.begin(whole.step(), whole.history(), whole.attributes())) {
                List<Thread> nodes = new ArrayList<>();
                Contribution[] brought = new Contribution[stages * replicas];
                for (int node = 0; node < brought.length; node++) {
                    int self = node;
                    List<TensorPart> own = parts(tensors, node / replicas, stages, node % replicas, replicas);
                    nodes.add(
                            Thread.ofPlatform()
                                    .start(() -> {
                                        try (Checkpoints checkpoints = open(folder, job)) {
                                            checkpoints.loadParts(whole, own);
                                            brought[self] = checkpoints.contribute(shared.ticket(), own);
                                        }
                                    }));
                }
                for (Thread node : nodes) {
                    node.join();
                }
                return shared.commit(List.of(brought)); // one that failed brought nothing
            }
        }
    }

    private static Checkpoints open(Path folder, String job) {
        return Checkpoints.in(folder, job, CheckpointSettings.DEFAULT);
    }

    private static List<TensorPart> parts(
            List<Inspection.Tensor> tensors, int stage, int stages, int replica, int replicas) {
        int layers = 1 + tensors.stream().mapToInt(tensor -> layer(tensor.name(), 0)).max().orElseThrow();
        List<TensorPart> parts = new ArrayList<>();
        for (Inspection.Tensor tensor : tensors) {
            if (layer(tensor.name(), layers - 1) * stages / layers == stage) {
                long elements = tensor.shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
                boolean shared = tensor.name().startsWith("exp_avg");
                Slice slice =
                        shared
                                ? Slice.range(elements * replica / replicas, elements * (replica + 1) / replicas)
                                : Slice.whole(tensor.shape());
                parts.add(
                        new TensorPart(
                                tensor.name(),
                                tensor.shape(),
                                slice,
                                Arena.ofAuto().allocate(slice.elements() * Float.BYTES, 64)));
            }
        }
        return parts;
    }

    /// @param head where the tensors are that belong to no layer, but for the embeddings
    private static int layer(String name, int head) {
        Matcher layer = LAYER.matcher(name);
        return layer.find() ? Integer.parseInt(layer.group(1)) : name.contains("tok_embeddings") ? 0 : head;
    }
}
