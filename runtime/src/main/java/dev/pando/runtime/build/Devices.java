package dev.pando.runtime.build;

import dev.pando.cuda.Cuda;
import dev.pando.cuda.CudaException;
import dev.pando.cuda.CudaOps;
import dev.pando.runtime.job.MemoryUse;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.Settings.Device;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.MemoryPlan;
import java.lang.foreign.Arena;
import java.util.function.Supplier;

/// Opens what a job's workers compute on, and says beforehand where that cannot be.
public final class Devices {
    /// @param memory in which the operators work
    /// @param name as in the setting `device`
    /// @param held of that memory; any thread may ask
    /// @param predicted what would be held
    record Opened(Ops ops, Memory memory, String name, Supplier<MemoryPlan> held, Supplier<MemoryPlan> predicted) {
        MemoryUse use() {
            return new MemoryUse(name, held.get(), predicted.get());
        }
    }

    private static final int PARTS_TOLD = 4;

    private Devices() {}

    /// @throws UserError if a GPU is asked for that this machine does not have, or that is too old or too small
    static void check(Settings settings) {
        if (settings.device() instanceof Device.Cuda(int ordinal)) {
            String asked = "pando.job.device is cuda:" + ordinal + ", but ";
            switch (Cuda.detect()) {
                case Cuda.Detection.Missing missing ->
                        throw new UserError(
                                asked
                                        + "there is "
                                        + missing.reason()
                                        + "; "
                                        + missing.advice()
                                        + ", or set it to cpu");
                case Cuda.Detection.Found found -> {
                    if (ordinal >= found.gpus().size()) {
                        throw new UserError(asked + "the last one here is cuda:" + (found.gpus().size() - 1));
                    }
                    Cuda.Gpu gpu = found.gpus().get(ordinal);
                    String obstacle = found.obstacle(gpu);
                    if (!obstacle.isEmpty()) {
                        throw new UserError(asked + obstacle + ", or set it to cpu");
                    }
                    checkRoom(settings, gpu, asked);
                }
            }
        }
    }

    private static void checkRoom(Settings settings, Cuda.Gpu gpu, String asked) {
        MemoryPlan plan = plan(settings, !Cuda.products().isEmpty());
        if (settings.workers() * (plan.bytes() + CudaOps.DRIVERS_SHARE) > gpu.bytes()) {
            throw new UserError(
                    asked
                            + "a worker needs "
                            + MemoryPlan.size(plan.bytes())
                            + " ("
                            + plan.words(PARTS_TOLD)
                            + "), and it has "
                            + MemoryPlan.size(gpu.bytes())
                            + (settings.workers() == 1 ? "" : " for " + settings.workers())
                            + "; "
                            + WorkerMemory.LESS);
        }
    }

    private static MemoryPlan plan(Settings settings, boolean withLibrary) {
        try {
            return WorkerMemory.onGpu(settings, withLibrary);
        } catch (IllegalArgumentException unknown) {
            throw new UserError("no GPU can train this model: " + unknown.getMessage(), unknown);
        }
    }

    /// What decides the bits of a job that computes here, besides its config; empty where this machine has no such
    /// device.
    public static String kind(Settings settings) {
        return switch (settings.device()) {
            case Device.Cpu _ -> CpuOps.kind();
            case Device.Cuda(int ordinal) ->
                    Cuda.detect() instanceof Cuda.Detection.Found found && ordinal < found.gpus().size()
                            ? Cuda.kind(found.gpus().get(ordinal))
                            : "";
        };
    }

    /// @param worker whom its threads are called after
    /// @param arena of what lives in the host's memory
    static Opened open(Settings settings, String worker, Arena arena) {
        return switch (settings.device()) {
            case Device.Cpu _ -> {
                int threads = Math.max(1, settings.threads() / settings.workers());
                WorkerMemory counted = WorkerMemory.counted();
                yield new Opened(
                        new CpuOps(worker, threads),
                        counted.of(Memory.of(arena)),
                        "cpu",
                        counted::held,
                        () -> WorkerMemory.onCpu(settings));
            }
            case Device.Cuda(int ordinal) -> open(settings, ordinal);
        };
    }

    /// Takes all the memory that the worker will need, or says now that there is too little.
    private static Opened open(Settings settings, int ordinal) {
        CudaOps gpu = CudaOps.open(ordinal);
        try {
            MemoryPlan plan = plan(settings, gpu.hasLibrary());
            gpu.reserve(plan);
            return new Opened(gpu, gpu.memory(), "cuda:" + ordinal, gpu::holding, () -> plan);
        } catch (CudaException.OutOfMemory small) {
            gpu.close();
            throw new UserError(small.getMessage() + "; " + WorkerMemory.LESS, small);
        } catch (RuntimeException failed) {
            gpu.close();
            throw failed;
        }
    }
}
