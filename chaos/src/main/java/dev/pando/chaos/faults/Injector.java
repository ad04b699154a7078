package dev.pando.chaos.faults;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/// What makes faults happen: a command each, and none of them can do all of them.
public enum Injector {
    /// The actors on simulated machines: `pando chaos simulate`.
    SIMULATE,
    /// The real model in one process: `pando chaos verify`.
    VERIFY,
    /// Real processes: `pando chaos run`.
    RUN;

    static final Set<Injector> ALL = EnumSet.allOf(Injector.class);
    static final Set<Injector> SIMULATION = EnumSet.of(SIMULATE);
    static final Set<Injector> OF_GROVES = EnumSet.of(SIMULATE, RUN);

    /// As on the command line.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
