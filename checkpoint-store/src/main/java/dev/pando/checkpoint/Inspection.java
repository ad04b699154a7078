package dev.pando.checkpoint;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.Dtype;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.training.step.LossHistory;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What one checkpoint says of itself, for people and tools.
///
/// @param parent the one that was there before it, removed since perhaps; empty where there was none
/// @param fault why it cannot be used, as far as its manifest shows; the rest is empty then
public record Inspection(
        String id,
        Optional<String> fault,
        String job,
        long step,
        LossHistory history,
        String parent,
        Map<String, String> attributes,
        List<Tensor> tensors,
        List<File> files) {
    public Inspection {
        attributes = Map.copyOf(attributes);
        tensors = List.copyOf(tensors);
        files = List.copyOf(files);
    }

    /// @param dtype as safetensors calls it: `F32`
    /// @param pieces into which it is cut
    public record Tensor(String name, String dtype, List<Long> shape, int pieces) {}

    public record File(String name, long bytes) {}

    /// Bytes of all tensors.
    public long bytes() {
        return tensors.stream()
                .mapToLong(tensor -> Shapes.elements(tensor.shape) * Dtype.valueOf(tensor.dtype).bytes())
                .sum();
    }

    static Inspection of(String id, Manifest manifest) {
        return new Inspection(
                id,
                Optional.empty(),
                manifest.job(),
                manifest.step(),
                manifest.history(),
                manifest.parent(),
                manifest.attributes(),
                manifest.tensors().stream()
                        .map(tensor ->
                                new Tensor(
                                        tensor.name(), tensor.dtype().name(), tensor.shape(), tensor.pieces().size()))
                        .toList(),
                manifest.files().stream().map(file -> new File(file.name(), file.bytes())).toList());
    }

    static Inspection broken(String id, String fault) {
        return new Inspection(
                id,
                Optional.of(fault),
                "",
                CheckpointName.stepOf(id),
                LossHistory.EMPTY,
                "",
                Map.of(),
                List.of(),
                List.of());
    }
}
