package dev.pando.checkpoint.format;

import dev.pando.training.step.CheckpointStore.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Refuses a model that is not the checkpoint's, naming the tensor.
public final class Matching {
    private Matching() {}

    /// @param subset whether tensors that no part asks for are fine
    public static void check(String checkpoint, Manifest manifest, List<TensorPart> parts, boolean subset) {
        Map<String, Manifest.Tensor> tensors = new HashMap<>();
        Map<String, Manifest.Tensor> left = new LinkedHashMap<>();
        manifest.tensors()
                .forEach(tensor -> {
                    tensors.put(tensor.name(), tensor);
                    left.put(tensor.name(), tensor);
                });
        List<TensorPart> missing = new ArrayList<>();
        for (TensorPart part : parts) {
            Manifest.Tensor tensor = tensors.get(part.name());
            left.remove(part.name());
            if (tensor == null) {
                missing.add(part);
            } else if (!tensor.shape().equals(part.shape())) {
                throw new CheckpointException(
                        "tensor "
                                + part.name()
                                + " is "
                                + Shapes.spoken(tensor.shape())
                                + " in "
                                + checkpoint
                                + " and "
                                + Shapes.spoken(part.shape())
                                + " in this model");
            } else if (tensor.dtype() != Dtype.F32) {
                throw new CheckpointException(
                        "tensor "
                                + part.name()
                                + " is "
                                + tensor.dtype()
                                + " in "
                                + checkpoint
                                + " and F32 in this model");
            }
        }
        if (!missing.isEmpty()) {
            throw new CheckpointException(missingSentence(checkpoint, missing, left.values()));
        }
        if (!subset && !left.isEmpty()) {
            throw new CheckpointException(
                    checkpoint
                            + " holds tensor "
                            + left.keySet().iterator().next()
                            + andMore(left.size() - 1)
                            + ", which this model does not have");
        }
    }

    /// As above, for tensors that are asked for one by one later on.
    public static void check(String checkpoint, Manifest manifest, Map<String, List<Long>> shapes) {
        MemorySegment nothing = MemorySegment.NULL;
        check(
                checkpoint,
                manifest,
                shapes.entrySet().stream()
                        .map(each -> new TensorPart(each.getKey(), each.getValue(), Slice.range(0, 0), nothing))
                        .toList(),
                true);
    }

    private static String missingSentence(
            String checkpoint, List<TensorPart> missing, Collection<Manifest.Tensor> left) {
        TensorPart first = missing.getFirst();
        String renamed =
                left.stream()
                        .filter(tensor -> tensor.shape().equals(first.shape()))
                        .findFirst()
                        .map(tensor ->
                                "; it has " + tensor.name() + " of the same shape, which this model does not have")
                        .orElse("");
        return checkpoint + " lacks tensor " + first.name() + andMore(missing.size() - 1) + renamed;
    }

    public static String andMore(int others) {
        return others == 0 ? "" : others == 1 ? " and one more" : " and " + others + " more";
    }
}
