package dev.pando.runtime.job;

import dev.pando.training.tensor.MemoryPlan;

/// What a worker really holds in the memory that it computes in, beside what was predicted.
///
/// @param device as in the setting `device`
/// @param held by the worker that holds most in this process; the most that there was, since nothing is given back
/// @param predicted as `pando doctor --job` says it
public record MemoryUse(String device, MemoryPlan held, MemoryPlan predicted) {
    private static final int PARTS_TOLD = 4;

    /// `a worker held 1.2 GiB on cuda:0 (0.6 GiB moments, …); predicted were 1.2 GiB`
    public String sentence() {
        return "a worker held "
                + MemoryPlan.size(held.bytes())
                + " on "
                + device
                + " ("
                + held.words(PARTS_TOLD)
                + "); predicted were "
                + MemoryPlan.size(predicted.bytes());
    }
}
