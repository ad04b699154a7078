package dev.pando.checkpoint.huggingface;

import dev.pando.checkpoint.format.Slice;
import java.util.List;

/// A tensor of a Hugging Face directory, and which elements of which of our tensors it holds, packed.
///
/// @param name there
/// @param shape there
/// @param ours name of our tensor
/// @param oursShape shape of our tensor
/// @param slice of our tensor
public record ModelTensor(String name, List<Long> shape, String ours, List<Long> oursShape, Slice slice) {}
