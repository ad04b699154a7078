package dev.pando.training.generation;

import java.util.Arrays;
import java.util.List;

/// How the next token is picked from the model's probabilities.
///
/// @param temperature scores are divided by it; 0: always the most probable token
/// @param topP the smallest set of tokens that together have this probability; 1: all of them
/// @param seed decides every pick: the same seed gives the same text
/// @param stops tokens that end the text; the one that did is not part of it
public record Sampling(double temperature, double topP, long seed, List<Integer> stops) {
    public Sampling {
        if (!(temperature >= 0)) {
            throw new IllegalArgumentException("temperature must be at least 0, not " + temperature);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top-p must be above 0 and at most 1, not " + topP);
        }
        stops = List.copyOf(stops);
    }

    /// Always the most probable token.
    public static Sampling greedy(int... stops) {
        return new Sampling(0, 1, 0, Arrays.stream(stops).boxed().toList());
    }
}
