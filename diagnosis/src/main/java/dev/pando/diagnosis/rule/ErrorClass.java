package dev.pando.diagnosis.rule;

import dev.pando.diagnosis.Action;
import dev.pando.diagnosis.Reason;

/// What an exception's class alone says, where no rule reads its message.
///
/// @param name the class's simple name
/// @param reason the cause
/// @param action what to do
/// @param level how near the root
public record ErrorClass(String name, Reason reason, Action action, double level) {}
