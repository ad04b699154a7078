package dev.pando.bench.step;

/// Adds up the calls of one operator: time, and the work that the formulas of [TimedOps] see in it.
final class Meter {
    private final String operator;
    private long calls;
    private long nanoseconds;
    private double flops;
    private double bytes;

    Meter(String operator) {
        this.operator = operator;
    }

    void add(long nanoseconds, double flops, double bytes) {
        calls++;
        this.nanoseconds += nanoseconds;
        this.flops += flops;
        this.bytes += bytes;
    }

    String operator() {
        return operator;
    }

    long calls() {
        return calls;
    }

    long nanoseconds() {
        return nanoseconds;
    }

    double gflopPerSecond() {
        return flops / nanoseconds;
    }

    double gigabytesPerSecond() {
        return bytes / nanoseconds;
    }
}
