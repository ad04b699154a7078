package dev.pando.runtime;

import dev.pando.cuda.Cuda;
import dev.pando.cuda.CudaOps;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.Settings.Device;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.ops.Ops;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;

/// Opens what a job's workers compute on, and says beforehand where that cannot be.
final class Devices {
    /// @param memory in which the operators work
    record Opened(Ops ops, Memory memory) {}

    private Devices() {}

    /// @throws UserError if a GPU is asked for that this machine does not have, or that is too old
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
                    String obstacle = found.obstacle(found.gpus().get(ordinal));
                    if (!obstacle.isEmpty()) {
                        throw new UserError(asked + obstacle + ", or set it to cpu");
                    }
                }
            }
        }
    }

    /// What decides the bits of a job that computes here, besides its config; empty where this machine has no such
    /// device.
    static String kind(Settings settings) {
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
                yield new Opened(new CpuOps(worker, threads), Memory.of(arena));
            }
            case Device.Cuda(int ordinal) -> {
                CudaOps gpu = CudaOps.open(ordinal);
                yield new Opened(gpu, gpu.memory());
            }
        };
    }
}
