package dev.pando.chaos.acme;

import dev.pando.chaos.faults.Effect;
import java.time.Duration;

/// The 29 reasons for which jobs failed in Acme, a datacenter of 4,704 GPUs, in six months of 2023 (Hu et al.,
/// "Characterization of Large Language Model Development in the Datacenter", NSDI'24, table 3).
public enum FailureReason {
    NVLINK_ERROR("NVLinkError", Category.INFRASTRUCTURE, 54, 800, 868.1, 30.25, 95.6, new Effect.DeviceError("xid 74")),
    CUDA_ERROR(
            "CUDAError",
            Category.INFRASTRUCTURE,
            21,
            847,
            923.2,
            15.77,
            78.3,
            new Effect.DeviceError("illegal address")),
    NODE_FAILURE("NodeFailure", Category.INFRASTRUCTURE, 16, 712, 1288.8, 14.30, 102.8, new Effect.Kill()),
    ECC_ERROR("ECCError", Category.INFRASTRUCTURE, 12, 680, 1303.4, 11.00, 2.8, new Effect.DeviceError("ecc")),
    NETWORK_ERROR("NetworkError", Category.INFRASTRUCTURE, 12, 758, 549.6, 4.53, 592.1, new Effect.Drop(100, 1)),
    CONNECTION_ERROR(
            "ConnectionError",
            Category.INFRASTRUCTURE,
            147,
            29,
            51.9,
            3.44,
            0.8,
            new Effect.Delay(Duration.ofMillis(50), 1)),
    S3_STORAGE_ERROR("S3StorageError", Category.INFRASTRUCTURE, 10, 422, 2317.8, 2.12, 6.2, new Effect.StoreDown(1)),
    NCCL_TIMEOUT_ERROR("NCCLTimeoutError", Category.INFRASTRUCTURE, 6, 596, 159.7, 0.50, 66.7, new Effect.Hang()),
    NCCL_REMOTE_ERROR("NCCLRemoteError", Category.INFRASTRUCTURE, 3, 1152, 50.5, 0.15, 0.0, new Effect.Kill()),

    DATALOADER_KILLED("DataloaderKilled", Category.FRAMEWORK, 6, 445, 1580.6, 4.38, 115.1, new Effect.Kill()),
    ATTRIBUTE_ERROR("AttributeError", Category.FRAMEWORK, 67, 228, 67.8, 3.90, 2.4, new Effect.Throw()),
    OUT_OF_MEMORY_ERROR("OutOfMemoryError", Category.FRAMEWORK, 14, 572, 323.8, 3.28, 122.7, new Effect.OutOfMemory()),
    RUNTIME_ERROR("RuntimeError", Category.FRAMEWORK, 65, 441, 66.4, 1.72, 10.9, new Effect.Throw()),
    ASSERTION_ERROR("AssertionError", Category.FRAMEWORK, 105, 413, 41.7, 1.24, 185.9, new Effect.Throw()),
    VALUE_ERROR("ValueError", Category.FRAMEWORK, 33, 387, 9.9, 0.16, 27.4, new Effect.Throw()),
    ZERO_DIVISION_ERROR("ZeroDivisionError", Category.FRAMEWORK, 5, 499, 14.5, 0.03, 2.5, new Effect.Throw()),
    MODEL_LOADING_ERROR("ModelLoadingError", Category.FRAMEWORK, 104, 8, 2.6, 0.00, 0.0, new Effect.Throw()),
    DATASET_LOADING_ERROR("DatasetLoadingError", Category.FRAMEWORK, 5, 1, 1.6, 0.00, 0.0, new Effect.Throw()),

    FILE_NOT_FOUND_ERROR("FileNotFoundError", Category.SCRIPT, 568, 21, 14.2, 2.83, 0.4, new Effect.Throw()),
    OS_ERROR("OSError", Category.SCRIPT, 266, 8, 9.6, 0.28, 0.3, new Effect.Throw()),
    TYPE_ERROR("TypeError", Category.SCRIPT, 620, 18, 0.9, 0.06, 0.2, new Effect.Throw()),
    NAME_ERROR("NameError", Category.SCRIPT, 18, 247, 3.2, 0.02, 2.9, new Effect.Throw()),
    PERMISSION_ERROR("PermissionError", Category.SCRIPT, 7, 438, 4.3, 0.01, 2.4, new Effect.Throw()),
    IMPORT_ERROR("ImportError", Category.SCRIPT, 111, 93, 1.1, 0.01, 0.7, new Effect.Throw()),
    KEY_ERROR("KeyError", Category.SCRIPT, 260, 7, 3.0, 0.01, 0.1, new Effect.Throw()),
    SYNTAX_ERROR("SyntaxError", Category.SCRIPT, 10, 391, 0.7, 0.00, 1.7, new Effect.Throw()),
    ARGUMENT_ERROR("ArgumentError", Category.SCRIPT, 3, 344, 0.7, 0.00, 2.7, new Effect.Throw()),
    CALLED_PROCESS_ERROR("CalledProcessError", Category.SCRIPT, 4, 256, 0.2, 0.00, 11.7, new Effect.Throw()),
    INDEX_ERROR("IndexError", Category.SCRIPT, 23, 6, 1.6, 0.00, 0.8, new Effect.Throw());

    /// Part that is to blame.
    public enum Category {
        INFRASTRUCTURE,
        FRAMEWORK,
        SCRIPT
    }

    /// GPU hours of pre-training in both clusters, over which the failures are counted (derived from the released
    /// trace).
    public static final double GPU_HOURS = 5.32e6;

    private static final double RUNNING_MINUTES = 60;

    private final String reason;
    private final Category category;
    private final int count;
    private final int gpus;
    private final double minutesToFailure;
    private final double gpuTimePercent;
    private final double minutesToRestart;
    private final Effect effect;

    FailureReason(
            String reason,
            Category category,
            int count,
            int gpus,
            double minutesToFailure,
            double gpuTimePercent,
            double minutesToRestart,
            Effect effect) {
        this.reason = reason;
        this.category = category;
        this.count = count;
        this.gpus = gpus;
        this.minutesToFailure = minutesToFailure;
        this.gpuTimePercent = gpuTimePercent;
        this.minutesToRestart = minutesToRestart;
        this.effect = effect;
    }

    /// As in the table.
    public String reason() {
        return reason;
    }

    public Category category() {
        return category;
    }

    /// Jobs that failed for it.
    public int count() {
        return count;
    }

    /// Mean number of GPUs of those jobs.
    public int gpus() {
        return gpus;
    }

    public double meanMinutesToFailure() {
        return minutesToFailure;
    }

    /// Share of the GPU time of all failed jobs.
    public double gpuTimePercent() {
        return gpuTimePercent;
    }

    public double meanMinutesToRestart() {
        return minutesToRestart;
    }

    /// The fault that does to a worker what this did to a job.
    public Effect effect() {
        return effect;
    }

    /// Whether it strikes jobs in the middle of their run; the others end a job soon after its start, whatever the
    /// hardware.
    ///
    /// All of the infrastructure's reasons do, and those of the framework that took an hour or more to show.
    public boolean strikesRunningJobs() {
        return category == Category.INFRASTRUCTURE
                || category == Category.FRAMEWORK && minutesToFailure >= RUNNING_MINUTES;
    }

    /// How often it strikes, for each GPU and hour: `count / GPU_HOURS`.
    public double ratePerGpuHour() {
        return count / GPU_HOURS;
    }
}
