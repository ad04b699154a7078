package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.pando.training.model.Keeping;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationTest {
    /// A shard returns a record of its loss, 32 bytes; code that ran too seldom to be compiled adds a kilobyte or two.
    /// One kernel that leaves its vectors on the heap would show as hundreds of kilobytes.
    private static final long BYTES_A_SHARD = 8192;

    private static final int MOST_ROUNDS = 400;
    private static final int SHARDS_A_ROUND = 10;

    @Test
    void shouldComputeShardsWithoutAllocating() {
        List<String> allocations = new ArrayList<>();
        try (Arena arena = Arena.ofShared()) {
            Memory memory =
                    (name, bytes) -> {
                        allocations.add(name);
                        return Memory.of(arena).allocate(name, bytes);
                    };
            Sampler fixed = new OnceFetched();
            try (ModelTrainer trainer =
                    new ModelTrainer(
                            Jobs.MODEL,
                            new Keeping(false, true),
                            Jobs.RECIPE,
                            Jobs.PLAN,
                            fixed,
                            1,
                            new CpuOps("steady", 2),
                            memory)) {
                MemorySegment gradient = memory.allocate("gradient", trainer.table().bytes());
                long[] lanes = lanes();
                int before = allocations.size();
                long bytes = Long.MAX_VALUE;
                for (int round = 0; round < MOST_ROUNDS && bytes > BYTES_A_SHARD * SHARDS_A_ROUND; round++) {
                    long start = allocatedBytes(lanes);
                    for (int shard = 0; shard < SHARDS_A_ROUND; shard++) {
                        trainer.compute(shard % Jobs.PLAN.shards(), gradient);
                    }
                    bytes = allocatedBytes(lanes) - start;
                }

                assertThat(lanes).hasSize(1);
                assertThat(bytes).isLessThanOrEqualTo(BYTES_A_SHARD * SHARDS_A_ROUND);
                assertThat(allocations).hasSize(before);
            }
        }
    }

    /// Heap bytes that the calling thread and the lanes have allocated so far.
    private static long allocatedBytes(long[] lanes) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long bytes = threads.getCurrentThreadAllocatedBytes();
        for (long lane : lanes) {
            bytes += threads.getThreadAllocatedBytes(lane);
        }
        return bytes;
    }

    private static long[] lanes() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("steady-lane-"))
                .mapToLong(Thread::threadId)
                .toArray();
    }

    /// Keeps the sampler's own allocations out of the picture.
    private static final class OnceFetched implements Sampler {
        private boolean fetched;

        @Override
        public void fetch(long step, long microbatch, Microbatch into) {
            if (!fetched) {
                Jobs.TOKENS.fetch(step, microbatch, into);
                fetched = true;
            }
        }

        @Override
        public String digest() {
            return "one batch";
        }
    }
}
