package dev.pando.bench.step;

import java.time.Duration;

/// One side of a comparison: computes steps when it is its turn, and idles otherwise.
interface Contestant extends AutoCloseable {
    String name();

    /// Computes this many steps, and returns when the last has ended.
    Turn run(int steps);

    /// Processor time that it has used so far, on all cores.
    Duration cpuTime();

    @Override
    void close();

    /// @param seconds of each step
    /// @param losses of each step, in nats a token
    record Turn(double[] seconds, double[] losses) {}
}
