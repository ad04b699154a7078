package dev.pando.runtime.grove;

/// A node that this program has started as a process of its own.
///
/// @param devices that it works with
public record NodeProcess(String name, int devices, ProcessHandle process) {}
