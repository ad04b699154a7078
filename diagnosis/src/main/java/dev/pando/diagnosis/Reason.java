package dev.pando.diagnosis;

import static dev.pando.diagnosis.Category.FRAMEWORK;
import static dev.pando.diagnosis.Category.INFRASTRUCTURE;
import static dev.pando.diagnosis.Category.OTHER;
import static dev.pando.diagnosis.Category.SCRIPT;

import java.util.Arrays;
import java.util.Optional;

/// Why a run failed: the 29 reasons of Acme's table 3 (Hu et al., NSDI'24), and the two that the paper treats apart.
public enum Reason {
    NVLINK_ERROR("NVLink Error", INFRASTRUCTURE),
    CUDA_ERROR("CUDA Error", INFRASTRUCTURE),
    NODE_FAILURE("Node Failure", INFRASTRUCTURE),
    ECC_ERROR("ECC Error", INFRASTRUCTURE),
    NETWORK_ERROR("Network Error", INFRASTRUCTURE),
    CONNECTION_ERROR("Connection Error", INFRASTRUCTURE),
    STORAGE_ERROR("S3/Storage Error", INFRASTRUCTURE),
    NCCL_TIMEOUT_ERROR("NCCL Timeout Error", INFRASTRUCTURE),
    NCCL_REMOTE_ERROR("NCCL Remote Error", INFRASTRUCTURE),

    DATALOADER_KILLED("Dataloader Killed", FRAMEWORK),
    ATTRIBUTE_ERROR("Attribute Error", FRAMEWORK),
    OUT_OF_MEMORY_ERROR("Out of Memory Error", FRAMEWORK),
    RUNTIME_ERROR("Runtime Error", FRAMEWORK),
    ASSERTION_ERROR("Assertion Error", FRAMEWORK),
    VALUE_ERROR("Value Error", FRAMEWORK),
    ZERO_DIVISION_ERROR("Zero Division Error", FRAMEWORK),
    MODEL_LOADING_ERROR("Model Loading Error", FRAMEWORK),
    DATASET_LOADING_ERROR("Dataset Loading Error", FRAMEWORK),

    FILE_NOT_FOUND_ERROR("File Not Found Error", SCRIPT),
    OS_ERROR("OS Error", SCRIPT),
    TYPE_ERROR("Type Error", SCRIPT),
    NAME_ERROR("Name Error", SCRIPT),
    PERMISSION_ERROR("Permission Error", SCRIPT),
    IMPORT_ERROR("Import Error", SCRIPT),
    KEY_ERROR("Key Error", SCRIPT),
    SYNTAX_ERROR("Syntax Error", SCRIPT),
    ARGUMENT_ERROR("Argument Error", SCRIPT),
    CALLED_PROCESS_ERROR("Called Process Error", SCRIPT),
    INDEX_ERROR("Index Error", SCRIPT),

    LOSS_SPIKE("Loss Spike / NaN", OTHER),
    HANG("Hang (no progress)", OTHER),
    /// The log shows no failure.
    NONE("none", OTHER);

    private final String label;
    private final Category category;

    Reason(String label, Category category) {
        this.label = label;
        this.category = category;
    }

    /// Name in JSON, in rule files and for people.
    public String label() {
        return label;
    }

    /// Side on which the cause lies.
    public Category category() {
        return category;
    }

    /// The reason of a name such as `ECC Error`.
    public static Optional<Reason> of(String label) {
        return Arrays.stream(values()).filter(reason -> reason.label.equals(label)).findFirst();
    }
}
