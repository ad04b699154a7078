package dev.pando.cuda;

import dev.pando.training.ops.OpsContract;
import java.lang.foreign.Arena;

/// The GPU's operators keep the contract of all backends, matrix products by our own kernel.
class CudaOpsTest extends OpsContract {
    /// Probabilities are rounded to 9 bits, and sum to 1.
    static final double ATTENTION = 4e-3;

    /// So are the gradients of scores.
    static final double ATTENTION_GRADIENT = 1e-2;

    @Override
    protected Backend open(Arena arena) {
        TestedGpu.require();
        CudaOps ops = CudaOps.openWithoutLibraries(0);
        return new Backend(ops, ops.memory());
    }

    @Override
    protected double asOperand(double value) {
        return bfloat16(value);
    }

    @Override
    protected double attentionBound() {
        return ATTENTION;
    }

    @Override
    protected double attentionGradientBound() {
        return ATTENTION_GRADIENT;
    }
}
