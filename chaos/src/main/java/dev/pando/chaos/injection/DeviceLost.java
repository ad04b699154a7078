package dev.pando.chaos.injection;

/// The end of a device, as its driver would say it: this call, and every later one, fails.
///
/// An error rather than an exception, for what handles exceptions of a computation must not mistake this for one.
public final class DeviceLost extends Error {
    private static final long serialVersionUID = 1L;

    DeviceLost(String sentence) {
        super(sentence);
    }
}
