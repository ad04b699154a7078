package dev.pando.cuda;

import dev.pando.training.ops.OpsContract;
import java.lang.foreign.Arena;
import java.util.Optional;

/// The contract again, matrix products by cuBLASLt: the machine's, or on an emulated GPU an emulated one.
class CublasLtTest extends OpsContract {
    @Override
    protected Backend open(Arena arena) {
        TestedGpu.require();
        CudaOps ops =
                TestedGpu.kind() == TestedGpu.Kind.REAL
                        ? CudaOps.open(0)
                        : CudaOps.open(0, Optional.of(TestedGpu.emulatedProducts().toString()));
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
