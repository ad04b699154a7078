package dev.pando.chaos.faults;

/// When within a step: on entering a phase, or just after it.
///
/// A worker that is struck on entering `compute` is struck in the middle of a batch shard: its gradient span is left
/// half written.
///
/// @param phase of the step
/// @param after whether the phase's work is done, and only its answer is lost
public record Moment(Phase phase, boolean after) {
    public static Moment in(Phase phase) {
        return new Moment(phase, false);
    }

    public static Moment after(Phase phase) {
        return new Moment(phase, true);
    }

    @Override
    public String toString() {
        return (after ? "after " : "in ") + phase.noun();
    }
}
