package dev.pando.runtime.build;

import dev.pando.cuda.Cuda;
import dev.pando.cuda.CudaException;
import dev.pando.cuda.CudaOps;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.tensor.MemoryPlan;

/// The GPUs among [Devices], in a class that is loaded only for jobs that ask for one: `pando-cuda-ops` is optional.
final class CudaDevices {
    private static final int PARTS_TOLD = 4;

    private CudaDevices() {}

    static void check(Settings settings, int ordinal) {
        String asked = "pando.job.device is cuda:" + ordinal + ", but ";
        switch (Cuda.detect()) {
            case Cuda.Detection.Missing missing ->
                    throw new UserError(
                            asked + "there is " + missing.reason() + "; " + missing.advice() + ", or set it to cpu");
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

    /// Empty where this machine has no such GPU.
    static String kind(int ordinal) {
        return Cuda.detect() instanceof Cuda.Detection.Found found && ordinal < found.gpus().size()
                ? Cuda.kind(found.gpus().get(ordinal))
                : "";
    }

    /// Takes all the memory that the worker will need, or says now that there is too little.
    static Devices.Opened open(Settings settings, int ordinal) {
        CudaOps gpu = CudaOps.open(ordinal);
        try {
            MemoryPlan plan = plan(settings, gpu.hasLibrary());
            gpu.reserve(plan);
            return new Devices.Opened(gpu, gpu.memory(), "cuda:" + ordinal, gpu::holding, () -> plan);
        } catch (CudaException.OutOfMemory small) {
            gpu.close();
            throw UserError.failed(small.getMessage() + "; " + WorkerMemory.LESS, small);
        } catch (RuntimeException failed) {
            gpu.close();
            throw failed;
        }
    }
}
