package dev.pando.training.ops;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Numbers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/// The CPU's operators keep the contract of all backends.
class CpuOpsTest extends OpsContract {
    @Override
    protected Backend open(Arena arena) {
        return new Backend(new CpuOps("test", 3), Memory.of(arena));
    }

    @Test
    void shouldRefuseOperandsThatAreFreed() {
        Arena gone = Arena.ofShared();
        MemorySegment freed = Numbers.span(gone, 4);
        gone.close();

        try (CpuOps ops = new CpuOps("test", 1)) {
            assertThatThrownBy(() -> ops.swiglu(freed, freed, freed, 4)).hasMessageContaining("live off-heap memory");
        }
    }
}
