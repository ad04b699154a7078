package dev.pando.runtime.processes;

/// A node that runs in a separate process on this machine.
///
/// @param address of its control port, `host:port`
public record NodeProcess(String name, int devices, String address, ProcessHandle process) {}
