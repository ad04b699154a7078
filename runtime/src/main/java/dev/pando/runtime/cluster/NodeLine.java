package dev.pando.runtime.cluster;

/// One node of a grove as `pando status` shows it.
///
/// @param at its control port, `host:port`
/// @param system address of its actor system
/// @param status of its membership: `up`, `leaving`, … or `unreachable`
public record NodeLine(String name, int devices, String at, String system, String status) {}
