package dev.pando.bench.gpu;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelPreset;
import dev.pando.training.model.ModelTensors;

/// A model and its batch, and the floating-point operations of a step by the formula that its figures are given with.
///
/// @param rows B
/// @param length T
record GpuWork(String name, ModelConfig model, int rows, int length) {
    static final GpuWork TINY = new GpuWork("tiny", new ModelConfig(61, 32, 2, 2, 1, 48, 1e4, 1e-5), 1, 40);
    static final GpuWork S = new GpuWork("S", ModelPreset.S.config(), 8, 256);
    static final GpuWork M = new GpuWork("M", ModelPreset.M.config(), 4, 512);
    static final GpuWork L = new GpuWork("L", ModelPreset.INTERNLM2_1_8B.config(), 1, 4096);

    int tokens() {
        return rows * length;
    }

    /// 6 for each weight of a matrix product and token (the head counts, the embedding does not), and six products of T
    /// x T, of which only the causal half counts; nothing for what is computed twice.
    double flops() {
        long embedding = (long) model.vocabulary() * model.hidden();
        long norms = (2L * model.layers() + 1) * model.hidden();
        double matrices = 6.0 * tokens() * (ModelTensors.table(model).parameters() - embedding - norms);
        return matrices + attentionFlops(6);
    }

    /// FLOPs of one layer's products of T x T times the number of layers, causal half.
    double attentionFlops(int products) {
        return (double) products * model.layers() * model.hidden() * length * tokens();
    }
}
