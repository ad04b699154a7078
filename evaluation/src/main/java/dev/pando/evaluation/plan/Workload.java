package dev.pando.evaluation.plan;

/// What one set costs: a prior, for a plan.
///
/// @param seconds of a device, for all of its items
/// @param tailSeconds of scoring behind that, which needs no device: code that runs, a judge that reads
public record Workload(String name, double seconds, double tailSeconds) {
    public Workload {
        if (!(seconds > 0) || !(tailSeconds >= 0)) {
            throw new IllegalArgumentException(
                    "the set " + name + " cannot take " + seconds + " s and then " + tailSeconds + " s");
        }
    }
}
