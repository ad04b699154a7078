package dev.pando.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Contexts, threads and memory of the host that they share keep out of each other's way.
class CudaContextsTest {
    private static final long BYTES = 4 << 20;

    @BeforeEach
    void requireGpu() {
        TestedGpu.require();
    }

    @Test
    void shouldWorkInTwoContextsByTurns() {
        try (CudaOps one = CudaOps.openWithoutLibraries(0);
                CudaOps two = CudaOps.openWithoutLibraries(0)) {
            MemorySegment first = one.memory().allocate("first", 64);
            MemorySegment second = two.memory().allocate("second", 64);
            for (int turn = 0; turn < 2; turn++) {
                one.add(first, first, 16);
                two.add(second, second, 16);
            }
            one.finish();
            two.finish();

            assertThat(one.squaredNorms(first, 0, 16)).containsExactly(0);
        }
    }

    @Test
    void shouldWorkInOneContextFromSeveralThreads() throws InterruptedException {
        double[] norms = {-1, -1};
        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            MemorySegment span = ops.memory().allocate("span", 64);
            for (int i = 0; i < norms.length; i++) {
                int at = i;
                Thread thread = Thread.ofPlatform().start(() -> norms[at] = ops.squaredNorms(span, 0, 16)[0]);
                thread.join();
            }

            assertThat(norms).containsExactly(0, 0);
            assertThat(ops.squaredNorms(span, 0, 16)).containsExactly(0);
        }
    }

    @Test
    void shouldNotUnlockWhatAnotherContextHasLocked() {
        assumeTrue(TestedGpu.kind() == TestedGpu.Kind.EMULATED, "skipped: a real GPU may copy at once");
        try (Arena arena = Arena.ofShared();
                CudaOps one = CudaOps.openWithoutLibraries(0)) {
            MemorySegment shared = host(arena);
            MemorySegment mine = one.memory().allocate("mine", BYTES);
            one.copy(shared, mine);
            one.finish();
            try (CudaOps two = CudaOps.openWithoutLibraries(0)) {
                two.copy(shared, two.memory().allocate("its", BYTES));
                two.finish();
            }
            one.copy(mine, shared);

            assertThat(shared.getAtIndex(ValueLayout.JAVA_INT, 7)).as("locked still: nothing copied yet").isEqualTo(7);
            shared.setAtIndex(ValueLayout.JAVA_INT, 7, -1);
            one.finish();

            assertThat(shared.getAtIndex(ValueLayout.JAVA_INT, 7)).isEqualTo(7);
        }
    }

    @Test
    void shouldLockAllOfASpanWhoseFirstPartWasLocked() {
        try (Arena arena = Arena.ofShared();
                CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            MemorySegment span = host(arena);
            MemorySegment there = ops.memory().allocate("there", BYTES);
            MemorySegment back = ops.hostMemory(ops.memory()).allocate("back", BYTES);

            ops.copy(span.asSlice(0, BYTES / 2), there.asSlice(0, BYTES / 2));
            ops.copy(span, there);
            ops.copy(there, back);
            ops.finish();

            assertThat(back.mismatch(span)).isEqualTo(-1);
        }
    }

    @Test
    void shouldLetCopiesArriveBeforeTheirMemoryGoes() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment span = host(arena);
            CudaOps ops = CudaOps.openWithoutLibraries(0);
            MemorySegment there = ops.memory().allocate("there", BYTES);
            ops.copy(there, span);

            ops.close();

            assertThat(span.getAtIndex(ValueLayout.JAVA_INT, 7)).isZero();
        }
    }

    private static MemorySegment host(Arena arena) {
        MemorySegment span = Memory.of(arena).allocate("span", BYTES);
        for (int i = 0; i < BYTES / Integer.BYTES; i++) {
            span.setAtIndex(ValueLayout.JAVA_INT, i, i);
        }
        return span;
    }
}
