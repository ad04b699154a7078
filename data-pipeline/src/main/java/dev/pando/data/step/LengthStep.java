package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// Bounds the bytes of a document's text, and sorts documents into buckets of length, `length`.
public final class LengthStep implements Step {
    private final double least;
    private final double most;
    private final List<Long> buckets;

    public LengthStep(StepSpec spec) {
        least = spec.number("least");
        most = spec.number("most");
        buckets = spec.numbers("buckets");
        if (!buckets.stream().sorted().distinct().toList().equals(buckets)) {
            throw spec.wrong("buckets", "must rise");
        }
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        long bytes = Step.text(document).getBytes(StandardCharsets.UTF_8).length;
        if (!buckets.isEmpty()) {
            String bucket = "longest";
            for (int i = buckets.size() - 1; i >= 0; i--) {
                bucket = bytes < buckets.get(i) ? "under-" + buckets.get(i) : bucket;
            }
            document.put("length", bucket);
        }
        if (bytes < least) {
            return Optional.of(new Reason("bytes", bytes, least));
        }
        return bytes > most ? Optional.of(new Reason("bytes", bytes, most)) : Optional.empty();
    }
}
