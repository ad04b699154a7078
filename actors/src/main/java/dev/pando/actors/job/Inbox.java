package dev.pando.actors.job;

/// A message to a job's supervisor. Each sender declares its own messages as one sealed type.
public interface Inbox {}
