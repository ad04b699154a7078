package dev.pando.training.grid;

import dev.pando.training.tensor.Part;

/// The unit of work that can be computed elsewhere: one part of the model on one leaf of the batch.
///
/// @param leaf see [Grid#leaf]
public record Cell(int leaf, Part part) {}
