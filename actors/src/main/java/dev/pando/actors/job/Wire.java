package dev.pando.actors.job;

/// Marks messages that cross the network: Jackson CBOR records. Whatever does not carry it stays inside a node.
public interface Wire {}
