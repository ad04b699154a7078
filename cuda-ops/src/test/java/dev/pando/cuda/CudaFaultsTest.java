package dev.pando.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pando.cuda.CudaException.Cause;
import dev.pando.cuda.CudaException.DeviceLost;
import dev.pando.cuda.CudaException.OutOfMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What goes wrong on a GPU arrives as what it is. Faults are put into an emulated one.
class CudaFaultsTest {
    private static final long GIB = 1L << 30;

    @BeforeEach
    void requireGpu() {
        TestedGpu.require();
    }

    @AfterEach
    void mend() {
        if (TestedGpu.kind() == TestedGpu.Kind.EMULATED) {
            TestedGpu.breakKernel("", 0);
            TestedGpu.room(4 * GIB);
        }
    }

    @ParameterizedTest
    @CsvSource({"700, ILLEGAL_ACCESS", "214, HARDWARE", "226, HARDWARE", "702, TIMEOUT", "719, ILLEGAL_ACCESS"})
    void shouldTellADeadContextFromAFailedCall(int code, Cause cause) {
        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            MemorySegment span = ops.memory().allocate("test", 64);
            TestedGpu.breakKernel("pando_add", code);

            assertThatThrownBy(
                            () -> {
                                ops.add(span, span, 16);
                                ops.finish();
                            })
                    .isInstanceOfSatisfying(DeviceLost.class, lost -> assertThat(lost.cause()).isEqualTo(cause))
                    .hasMessageContaining("cuda:0 could not");
            assertThatThrownBy(() -> ops.zero(span)).as("from now on").isInstanceOf(DeviceLost.class);
        }
        TestedGpu.breakKernel("", 0);
        try (CudaOps again = CudaOps.openWithoutLibraries(0)) {
            MemorySegment span = again.memory().allocate("test", 64);
            again.add(span, span, 16);
            again.finish();
        }
    }

    @Test
    void shouldSayWhatWasAskedForAndWhatWasFree() {
        TestedGpu.room(GIB);
        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            OutOfMemory refused =
                    catchThrowableOfType(OutOfMemory.class, () -> ops.memory().allocate("gate 3", 2 * GIB));

            assertThat(refused).hasMessageStartingWith("no room on the GPU for gate 3: 2.00 GiB asked for, 1.00 of");
            assertThat(refused.asked()).isEqualTo(2 * GIB);
            assertThat(refused.free()).isLessThan(GIB);
            ops.zero(ops.memory().allocate("a small one", 64)); // life goes on
            ops.finish();
        }
    }

    @Test
    void shouldKeepTheHostOutOfDeviceMemory() {
        try (CudaOps ops = CudaOps.openWithoutLibraries(0)) {
            MemorySegment span = ops.memory().allocate("test", 64);

            assertThatThrownBy(() -> span.get(ValueLayout.JAVA_FLOAT, 0)).isInstanceOf(WrongThreadException.class);
            assertThat(ops.reaches(span)).isTrue();
            assertThat(ops.reaches(ops.hostMemory(ops.memory()).allocate("host", 64))).isFalse();
        }
    }
}
