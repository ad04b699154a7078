package dev.pando.training.step;

import dev.pando.training.grid.Grid;

/// The global batch of a step and its cut into batch shards: logical work, whatever the hardware.
///
/// @param shards batch shards of a step: the unit that workers take over from each other
/// @param microbatches of a shard, computed one after the other, their gradients added in that order
/// @param rows B, rows of a microbatch
/// @param length T, positions of a row
/// @param grid how microbatches and layers are cut further
public record BatchPlan(int shards, int microbatches, int rows, int length, Grid grid) {
    /// A plan that cuts neither rows nor layers.
    public BatchPlan(int shards, int microbatches, int rows, int length) {
        this(shards, microbatches, rows, length, Grid.WHOLE);
    }

    public BatchPlan {
        positive("shards", shards);
        positive("microbatches", microbatches);
        positive("rows", rows);
        positive("length", length);
    }

    /// Positions of a step's global batch.
    public long positions() {
        return (long) shards * microbatches * rows * length;
    }

    /// Microbatches of a step's global batch.
    public long microbatchesOfStep() {
        return (long) shards * microbatches;
    }

    private static void positive(String key, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(key + " must be at least 1, not " + value);
        }
    }
}
