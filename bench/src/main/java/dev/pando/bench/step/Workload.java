package dev.pando.bench.step;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelPreset;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.tensor.TensorTable;

/// The fixed amount of work that a step is measured on: a model, and a batch of whole rows.
///
/// @param rows B
/// @param length T
record Workload(String name, ModelConfig model, int rows, int length) {
    static final Workload S = new Workload("S", ModelPreset.S.config(), 8, 256);
    static final Workload M = new Workload("M", ModelPreset.M.config(), 4, 512);

    int tokens() {
        return rows * length;
    }

    long parameters() {
        return ModelTensors.table(model).parameters();
    }

    /// Floating-point operations of a step, forward and backward: [#matmulFlops] and [#attentionFlops].
    double flops() {
        return matmulFlops() + attentionFlops();
    }

    /// 6 for each weight of a matrix product and token: the head counts, the embedding is no product, and norms are not
    /// matrices.
    double matmulFlops() {
        return 6.0 * tokens() * (parameters() - embedding() - norms());
    }

    /// Two products of T x T with the heads' width forward, four backward, and only the causal half of each.
    double attentionFlops() {
        return 6.0 * model.layers() * model.hidden() * length * tokens();
    }

    private long embedding() {
        return ModelTensors.table(model).get("model.tok_embeddings.weight").length();
    }

    private long norms() {
        return ModelTensors.table(model).entries().stream()
                .filter(tensor -> tensor.shape().size() == 1)
                .mapToLong(TensorTable.Entry::length)
                .sum();
    }
}
