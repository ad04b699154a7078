package dev.pando.checkpoint;

import dev.pando.training.step.TrainerState;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What is checked once, where spans come in.
final class Doors {
    private Doors() {}

    static void check(TrainerState state) {
        if (state.step() < 0) {
            throw new IllegalArgumentException("a state after " + state.step() + " steps");
        }
        check(state.spans());
    }

    static void check(List<TrainerState.Span> spans) {
        Set<String> names = new HashSet<>();
        for (TrainerState.Span span : spans) {
            if (!names.add(span.name())) {
                throw new IllegalArgumentException("tensor " + span.name() + " is there twice");
            }
            long bytes = Shapes.elements(span.shape()) * Float.BYTES;
            if (span.data().byteSize() != bytes) {
                throw new IllegalArgumentException("tensor " + span.name() + " is " + Shapes.spoken(span.shape())
                        + " and has " + span.data().byteSize() + " bytes, not " + bytes);
            }
        }
    }
}
