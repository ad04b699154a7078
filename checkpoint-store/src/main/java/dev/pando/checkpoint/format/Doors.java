package dev.pando.checkpoint.format;

import dev.pando.training.step.TrainerState;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What is checked once, where spans come in.
public final class Doors {
    private Doors() {}

    public static List<TensorPart> parts(List<TrainerState.Span> spans) {
        Set<String> names = new HashSet<>();
        for (TrainerState.Span span : spans) {
            if (!names.add(span.name())) {
                throw new IllegalArgumentException("tensor " + span.name() + " is there twice");
            }
        }
        return spans.stream().map(TensorPart::of).toList();
    }
}
