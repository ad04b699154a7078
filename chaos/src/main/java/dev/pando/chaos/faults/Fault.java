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
        if (effect instanceof Effect.PoisonedBatch && when instanceof When.OnEvent) {
            throw new IllegalArgumentException(
                    effect.kind().words() + " comes from the data, on every worker: say at which step");
        }
    }

    public Fault(Effect effect, Target target, When when) {
        this(effect, target, when, effect.usualMoment());
    }

    /// Whether it is the job's data that is bad, so that every run of the job suffers it.
    public boolean isOfTheData() {
        return effect instanceof Effect.PoisonedBatch;
    }

    public Fault at(When other) {
        return new Fault(effect, target, other, moment);
    }

    public Fault aimedAt(Target other) {
        return new Fault(effect, other, when, moment);
    }

    /// A sentence on why this cannot be injected into the workers of one process; empty if it can.
    public Optional<String> refusal() {
        if (!effect.kind().isInjectedBy(Injector.VERIFY)) {
            return Optional.of(notInjected(" into the workers of one process"));
        }
        return switch (target) {
            case Target.Node _, Target.Leader _, Target.Sides _ ->
                    Optional.of(
                            "\""
                                    + this
                                    + "\": nothing injects faults of whole nodes into the workers of one process; name"
                                    + " a worker");
            case Target.Worker _, Target.Any _, Target.All _, Target.Store _, Target.None _ -> Optional.empty();
        };
    }

    /// A sentence on who can do this instead.
    ///
    /// @param where it cannot be done, with a space before it
    public String notInjected(String where) {
        Kind kind = effect.kind();
        return "\""
                + this
                + "\": nothing injects "
                + kind.words()
                + where
                + "; `pando chaos "
                + kind.injectors()
                + "` does";
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
