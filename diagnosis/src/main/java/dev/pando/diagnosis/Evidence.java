package dev.pando.diagnosis;

/// One line of a log that speaks for a verdict.
///
/// @param file the log
/// @param line its number, from 1
/// @param text what it says, without colours, cut to some hundred characters
/// @param rule the rule or detector that read it
/// @param times how often the same was read, by all ranks
public record Evidence(String file, long line, String text, String rule, long times) {}
