package dev.pando.chaos.judge;

/// A rule that a history breaks.
///
/// @param position of the event in the history, from 0; the history's length for what is missing at its end
/// @param sentence what happened, and what should have
public record Violation(Rule rule, int position, String sentence) {
    @Override
    public String toString() {
        return "event " + position + ": " + sentence + " (" + rule.sentence() + ")";
    }
}
