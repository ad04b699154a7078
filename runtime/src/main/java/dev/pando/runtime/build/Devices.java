package dev.pando.runtime.build;

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

    private Devices() {}

    /// @throws UserError if a GPU is asked for that this machine does not have, or that is too old or too small
    static void check(Settings settings) {
        if (settings.device() instanceof Device.Cuda(int ordinal)) {
            cudaOps(ordinal);
            CudaDevices.check(settings, ordinal);
        }
    }

    /// @throws UserError where the operators of GPUs are not on the class path
    private static void cudaOps(int ordinal) {
        if (!hasCudaOps()) {
            throw new UserError(
                    "pando.job.device is cuda:"
                            + ordinal
                            + ", but pando-cuda-ops is not on the class path; add dev.pando:pando-cuda-ops, or set it"
                            + " to cpu");
        }
    }

    private static boolean hasCudaOps() {
        try {
            Class.forName("dev.pando.cuda.CudaOps", false, Devices.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException absent) {
            return false;
        }
    }

    /// What decides the bits of a job that computes here, besides its config; empty where this machine has no such
    /// device.
    public static String kind(Settings settings) {
        return switch (settings.device()) {
            case Device.Cpu _ -> CpuOps.kind();
            case Device.Cuda(int ordinal) -> hasCudaOps() ? CudaDevices.kind(ordinal) : "";
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
            case Device.Cuda(int ordinal) -> CudaDevices.open(settings, ordinal);
        };
    }
}
