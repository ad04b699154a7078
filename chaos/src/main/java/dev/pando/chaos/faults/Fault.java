package dev.pando.chaos.faults;

import java.util.Optional;

/// One thing that goes wrong: what, with whom, and when. Its text is what a script says: `kill worker-2 at step 7`.
///
/// @param moment within the step; for most faults [Effect#usualMoment()]
public record Fault(Effect effect, Target target, When when, Moment moment) {
    public Fault {
        if (moment.phase().isOfStore() != effect.usualMoment().phase().isOfStore()) {
            throw new IllegalArgumentException(
                    effect.kind().words()
                            + " cannot strike "
                            + moment
                            + (moment.phase().isOfStore()
                                    ? ", which the store does: write \"when the store " + moment.phase().verb() + "\""
                                    : ""));
        }
    }

    public Fault(Effect effect, Target target, When when) {
        this(effect, target, when, effect.usualMoment());
    }

    public Fault at(When other) {
        return new Fault(effect, target, other, moment);
    }

    public Fault aimedAt(Target other) {
        return new Fault(effect, other, when, moment);
    }

    /// A sentence on why no injector can do this yet; empty if one can.
    public Optional<String> refusal() {
        if (!effect.kind().injected()) {
            return Optional.of(
                    "\""
                            + this
                            + "\": "
                            + effect.kind().words()
                            + " is part of the language, but nothing injects it yet");
        }
        return switch (target) {
            case Target.Node _, Target.Leader _, Target.Sides _ ->
                    Optional.of(
                            "\""
                                    + this
                                    + "\": faults of whole nodes are part of the language, but nothing injects them"
                                    + " yet; name a worker");
            case Target.Worker _, Target.Any _, Target.All _, Target.Store _, Target.Nobody _ -> Optional.empty();
        };
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(effect.kind().words());
        append(text, effect.qualifier());
        append(text, effect.aim() == Kind.Aim.STORE ? "" : effect.preposition() + target);
        append(text, effect.measure());
        append(text, effect.steps() == 1 ? "" : "for " + effect.steps() + " steps");
        append(text, moment.equals(effect.usualMoment()) ? "" : moment.toString());
        append(text, when.toString());
        return text.toString();
    }

    private static void append(StringBuilder text, String part) {
        if (!part.isEmpty()) {
            text.append(' ').append(part);
        }
    }
}
