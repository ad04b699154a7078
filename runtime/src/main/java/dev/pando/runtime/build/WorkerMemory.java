package dev.pando.runtime.build;

import dev.pando.cuda.CudaOps;
import dev.pando.runtime.settings.Settings;
import dev.pando.training.ops.Ops;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.MemoryPlan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// What a worker of a job holds in the memory that it computes in: said beforehand, by going through the job's first
/// steps on operators that compute nothing, and counted when it is really taken.
public final class WorkerMemory {
    /// What to do where there is too little.
    public static final String LESS =
            "lower pando.job.batch.rows or length, set pando.job.model.recompute = true or model.activations ="
                    + " bfloat16, or let fewer workers share it";

    /// Smaller spans are really there: the host looks into some of them.
    private static final long LOOKED_INTO = 4096;

    private final List<MemoryPlan.Part> spans = new CopyOnWriteArrayList<>();

    private WorkerMemory() {}

    /// @param withLibrary whether cuBLASLt will multiply
    /// @throws IllegalArgumentException if no GPU can compute this model
    public static MemoryPlan onGpu(Settings job, boolean withLibrary) {
        return CudaOps.plan(withLibrary, ops -> dryRun(job, ops, ops.memory()));
    }

    /// Without gradients, which workers of a host share, and what operators need within a call.
    public static MemoryPlan onCpu(Settings job) {
        return onCpu(job, job.workers());
    }

    /// @param workers that are left: where optimizer state is sharded, each then holds the shares of those who went
    public static MemoryPlan onCpu(Settings job, int workers) {
        WorkerMemory counted = new WorkerMemory();
        InvocationHandler nothing =
                (ops, operator, arguments) -> {
                    if (operator.isDefault()) {
                        return InvocationHandler.invokeDefault(ops, operator, arguments);
                    }
                    Class<?> answer = operator.getReturnType();
                    // a number for each part: as many as there are bounds, less the end of the last
                    return answer.isArray()
                            ? Array.newInstance(answer.componentType(), ((long[]) arguments[1]).length - 1)
                            : answer == double.class ? (Object) 0.0 : answer == long.class ? (Object) 0L : null;
                };
        Ops idle = (Ops) Proxy.newProxyInstance(Ops.class.getClassLoader(), new Class<?>[] {Ops.class}, nothing);
        try (Arena arena = Arena.ofConfined()) {
            Memory few =
                    (name, bytes) ->
                            bytes <= LOOKED_INTO
                                    ? arena.allocate(bytes, Memory.ALIGNMENT)
                                    : MemorySegment.NULL.reinterpret(bytes);
            if (job.optimizerCopies() > 0) {
                dryRunSharded(job, workers, idle, counted.of(few));
            } else {
                dryRun(job, idle, counted.of(few));
            }
        }
        return counted.held();
    }

    private static void dryRun(Settings job, Ops ops, Memory memory) {
        ModelTrainer.dryRun(job.model().shape(), job.model().keeping(), job.optimizer(), job.batch(), ops, memory);
    }

    private static void dryRunSharded(Settings job, int workers, Ops ops, Memory memory) {
        ModelTrainer.dryRunSharded(
                job.model().shape(),
                job.model().keeping(),
                job.optimizer(),
                job.batch(),
                ops,
                memory,
                job.optimizerCopies(),
                workers);
    }

    static WorkerMemory counted() {
        return new WorkerMemory();
    }

    /// That memory, and what is taken of it is counted.
    Memory of(Memory memory) {
        return (name, bytes) -> {
            MemorySegment span = memory.allocate(name, bytes);
            spans.add(new MemoryPlan.Part(name, bytes));
            return span;
        };
    }

    /// What was taken. Any thread may ask.
    MemoryPlan held() {
        return MemoryPlan.of(spans.stream());
    }
}
