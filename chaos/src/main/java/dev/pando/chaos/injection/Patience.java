package dev.pando.chaos.injection;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/// The ways in which a faulty call takes its time, and the clock that it takes it on.
public interface Patience {
    /// Nanoseconds since some fixed moment.
    long nanos();

    /// Waits without hearing interrupts, as a stopped process would; they are there again afterwards.
    void deaf(Duration duration);

    void untilInterrupted();

    /// Waits until something is so, the thread is interrupted, or the time is over.
    ///
    /// @return whether it is so
    boolean until(BooleanSupplier something, long patienceNs);
}
