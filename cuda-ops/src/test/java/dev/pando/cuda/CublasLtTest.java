package dev.pando.cuda;

import dev.pando.training.ops.OpsContract;
import java.lang.foreign.Arena;

/// The contract again, matrix products by cuBLASLt: the machine's, or on an emulated GPU an emulated one.
class CublasLtTest extends OpsContract {
    @Override
    protected Backend open(Arena arena) {
        TestedGpu.require();
        CudaOps ops = TestedGpu.openWithLibrary();
        return new Backend(ops, ops.memory());
    }

    @Override
    protected double asOperand(double value) {
        return bfloat16(value);
    }

    @Override
    protected double attentionBound() {
        return CudaOpsTest.ATTENTION;
    }

    @Override
    protected double attentionGradientBound() {
        return CudaOpsTest.ATTENTION_GRADIENT;
    }
}
