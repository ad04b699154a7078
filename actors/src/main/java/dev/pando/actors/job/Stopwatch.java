package dev.pando.actors.job;

/// The one source of elapsed time for what is shown to people and for patience; it never touches a number that is
/// trained.
@FunctionalInterface
public interface Stopwatch {
    /// Nanoseconds since some fixed moment.
    long nanos();

    default double secondsSince(long begin) {
        return (nanos() - begin) / 1e9;
    }

    static Stopwatch system() {
        return System::nanoTime;
    }
}
