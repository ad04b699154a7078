package dev.pando.data.rules;

import java.util.function.ToDoubleFunction;

/// One measure of a text and the range that it must lie in: a value beside a verdict, never a verdict alone.
///
/// @param name as in the config, `family.rule`
/// @param least the value may be no lower
/// @param most the value may be no higher
/// @param spaced whether it counts words or sentences of languages that separate words, and so is left out for others
record Rule(String name, ToDoubleFunction<Measured> measure, double least, double most, boolean spaced) {
    /// What a rule found.
    record Found(String rule, double value, double limit, boolean kept) {}

    Found look(Measured text) {
        double value = measure.applyAsDouble(text);
        boolean low = value < least;
        boolean high = value > most;
        return new Found(name, value, low ? least : most, !low && !high);
    }
}
