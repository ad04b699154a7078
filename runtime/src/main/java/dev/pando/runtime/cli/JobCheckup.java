package dev.pando.runtime.cli;

import dev.pando.checkpoint.storage.CheckpointPlace;
import dev.pando.cuda.Cuda;
import dev.pando.cuda.CudaOps;
import dev.pando.runtime.build.WorkerMemory;
import dev.pando.runtime.cli.Checkup.Finding;
import dev.pando.runtime.cli.Checkup.Verdict;
import dev.pando.runtime.cli.view.Words;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.Settings.Device;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.tensor.MemoryPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Holds what a job will take against what there is, before it takes it.
final class JobCheckup {
    private static final int PARTS_TOLD = 4;
    private static final int NUMBERS = 3; // of each parameter: its weight and its two moments

    private JobCheckup() {}

    static List<Finding> of(Settings job) {
        long parameters = ModelTensors.table(job.model().shape()).parameters();
        long state = NUMBERS * Float.BYTES * parameters;
        return List.of(
                state(job, parameters, state), gpu(job, Cuda.detect(), Cuda.products()), checkpoints(job, state));
    }

    /// Each worker has its state, a batch and a gradient; one at a time also has the copy that a checkpoint is written
    /// from.
    private static Finding state(Settings job, long parameters, long state) {
        MemoryPlan worker = WorkerMemory.onCpu(job);
        long least = job.workers() * (worker.bytes() + Float.BYTES * parameters) + state;
        return new Finding(
                "the job",
                Verdict.GOOD,
                String.format(
                        Locale.ROOT,
                        "%.1f million parameters; %s on the CPU: %s, of which %s each, the rest gradients and a"
                                + " checkpoint's copy",
                        parameters / 1e6,
                        Words.counted(job.workers(), "worker"),
                        MemoryPlan.size(least),
                        MemoryPlan.size(worker.bytes())),
                "each " + worker.words(PARTS_TOLD) + whenOthersAreLost(job));
    }

    /// Memory must be there for them, too.
    private static String whenOthersAreLost(Settings job) {
        return job.optimizerCopies() == 0 || job.workers() <= job.optimizerCopies()
                ? ""
                : ", while all are there; %s when one is lost, %s alone"
                        .formatted(
                                MemoryPlan.size(WorkerMemory.onCpu(job, job.workers() - 1).bytes()),
                                MemoryPlan.size(WorkerMemory.onCpu(job, 1).bytes()));
    }

    /// What it takes on the GPU that it asks for; or would take on one, so that people know which to look for.
    ///
    /// @param library of matrix products, empty for none
    static Finding gpu(Settings job, Cuda.Detection detected, String library) {
        boolean found = detected instanceof Cuda.Detection.Found;
        MemoryPlan worker;
        try {
            worker = WorkerMemory.onGpu(job, !found || !library.isEmpty());
        } catch (IllegalArgumentException unable) {
            Verdict verdict = job.device() instanceof Device.Cuda ? Verdict.BAD : Verdict.GOOD;
            return new Finding("on a GPU", verdict, "not this model: " + unable.getMessage(), "");
        }
        String each = "a worker takes " + MemoryPlan.size(worker.bytes()) + " and what the driver wants";
        String parts = worker.words(PARTS_TOLD);
        if (!(job.device() instanceof Device.Cuda(int ordinal))
                || !(detected instanceof Cuda.Detection.Found(int _, List<Cuda.Gpu> gpus))
                || ordinal >= gpus.size()) {
            return new Finding("on a GPU", Verdict.GOOD, each, parts);
        }
        Cuda.Gpu gpu = gpus.get(ordinal);
        boolean fits = job.workers() * (worker.bytes() + CudaOps.DRIVERS_SHARE) <= gpu.bytes();
        return new Finding(
                "on a GPU",
                fits ? Verdict.GOOD : Verdict.BAD,
                each
                        + "; "
                        + Words.counted(job.workers(), "worker")
                        + " on "
                        + gpu.device()
                        + " with "
                        + MemoryPlan.size(gpu.bytes()),
                fits ? parts : parts + "; " + WorkerMemory.LESS);
    }

    private static Finding checkpoints(Settings job, long state) {
        int keep = job.checkpoint().storage().keep();
        long all = (keep + 1) * state;
        String found =
                String.format(
                        Locale.ROOT,
                        "%d of %s, and one being written: %s in %s",
                        keep,
                        size(state),
                        size(all),
                        job.checkpoint().place());
        if (!(job.checkpoint().place() instanceof CheckpointPlace.Folder(Path folder))) {
            return new Finding("checkpoints", Verdict.GOOD, found, "");
        }
        try {
            long free = Files.getFileStore(existing(folder)).getUsableSpace();
            Verdict verdict = free >= all ? Verdict.GOOD : free >= 2 * state ? Verdict.FAIR : Verdict.BAD;
            return new Finding(
                    "checkpoints",
                    verdict,
                    found + ", where " + size(free) + " are free",
                    verdict == Verdict.GOOD
                            ? ""
                            : "free some, set checkpoint.folder, or keep fewer: --set checkpoint.keep=1 takes "
                                    + size(2 * state));
        } catch (IOException unknown) {
            return new Finding("checkpoints", Verdict.FAIR, found + "; what is free there is not known", "");
        }
    }

    private static Path existing(Path folder) {
        Path path = folder.toAbsolutePath();
        while (!Files.exists(path) && path.getParent() != null) {
            path = path.getParent();
        }
        return path;
    }

    /// As checkpoints are counted elsewhere.
    private static String size(long bytes) {
        return bytes < 1e9
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}
