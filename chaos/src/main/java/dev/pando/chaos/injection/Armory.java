package dev.pando.chaos.injection;

import dev.pando.chaos.faults.Dice;
import dev.pando.chaos.faults.Effect;
import dev.pando.chaos.faults.Fault;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Kind;
import dev.pando.chaos.faults.Moment;
import dev.pando.chaos.faults.Phase;
import dev.pando.chaos.faults.Target;
import dev.pando.chaos.faults.When;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Decides who is struck: hands out each fault at its address, once in each of its steps, and remembers what it did.
///
/// All workers of a run share one, whatever their incarnation. Thread-safe.
final class Armory {
    private static final String STORE = new Target.Store().toString();

    /// A fault and what became of it.
    private static final class Armed {
        private final Fault fault;
        private final long dice;
        private boolean awaitsEvent;
        private long firstStep = Long.MAX_VALUE;
        private long lastStep = Long.MIN_VALUE;

        private Armed(Fault fault, long dice) {
            this.fault = fault;
            this.dice = dice;
            this.awaitsEvent = fault.when() instanceof When.OnEvent;
        }

        private boolean reached() {
            return lastStep != Long.MIN_VALUE;
        }
    }

    private final List<Armed> armed = new ArrayList<>();
    private final List<Firing> firings = new ArrayList<>();
    private final Consumer<Firing> listener;
    private final long seed;
    private long latestStep;

    /// @param script bound to the run, see [FaultScript#bind]
    /// @param seed decides what is left to chance at each strike
    Armory(FaultScript script, long seed, Consumer<Firing> listener) {
        this.seed = seed;
        this.listener = listener;
        script.faults().forEach(this::arm);
    }

    /// From now on this one may strike, too.
    synchronized void arm(Fault fault) {
        armed.add(new Armed(fault, Dice.bits(seed, armed.size())));
    }

    /// The newest step that any worker has got to.
    synchronized long latestStep() {
        return latestStep;
    }

    /// What strikes a worker that gets to this moment of this step.
    List<Strike> strikes(String worker, long step, Moment moment) {
        List<Strike> due = new ArrayList<>();
        List<Firing> now = new ArrayList<>();
        synchronized (this) {
            latestStep = Math.max(latestStep, step);
            armed.forEach(each -> hear(each, worker, step, moment));
            for (Armed each : armed) {
                if (isDue(each, worker, step, moment)) {
                    each.firstStep = Math.min(each.firstStep, step);
                    each.lastStep = step;
                    if (isChosen(each, step)) {
                        due.add(new Strike(each.fault.effect(), Dice.bits(each.dice, step)));
                        now.add(new Firing(each.fault, worker, step, moment));
                    }
                }
            }
            firings.addAll(now);
        }
        now.forEach(listener);
        return due;
    }

    /// Whether the data of a step is bad, which the worker is about to compute on; told once.
    boolean isPoisoned(String worker, long step) {
        List<Firing> now = new ArrayList<>();
        boolean poisoned = false;
        synchronized (this) {
            for (Armed each : armed) {
                if (each.fault.isOfTheData() && each.fault.when().equals(new When.AtStep(step))) {
                    poisoned = true;
                    if (!each.reached()) {
                        each.lastStep = step;
                        now.add(new Firing(each.fault, worker, step, Moment.in(Phase.COMPUTE)));
                    }
                }
            }
            firings.addAll(now);
        }
        now.forEach(listener);
        return poisoned;
    }

    /// As [#strikes], for the checkpoint store.
    List<Strike> strikesStore(long step, Moment moment) {
        return strikes(STORE, step, moment);
    }

    synchronized List<Firing> firings() {
        return List.copyOf(firings);
    }

    /// Faults whose address no worker ever got to.
    synchronized List<Fault> neverFired() {
        return armed.stream().filter(each -> !each.reached()).map(each -> each.fault).toList();
    }

    private static void hear(Armed each, String worker, long step, Moment moment) {
        if (each.fault.when() instanceof When.OnEvent(Target who, Phase phase, long from)
                && moment.equals(Moment.in(phase))
                && step >= from
                && isMeant(who, worker)) {
            each.awaitsEvent = false;
        }
    }

    private static boolean isDue(Armed each, String worker, long step, Moment moment) {
        Fault fault = each.fault;
        if (each.awaitsEvent || !isMeant(fault.target(), worker)) {
            return false;
        }
        return switch (fault.when()) {
            case When.AtStep(long from) -> moment.equals(fault.moment()) && step >= from && isWithin(each, step);
            case When.OnEvent(_, _, _)
                    when fault.effect().movable() && fault.moment().equals(fault.effect().usualMoment()) ->
                    !moment.after() && !moment.phase().isAside() && isWithin(each, step);
            case When.OnEvent(_, _, _) -> moment.equals(fault.moment()) && isWithin(each, step);
            case When.AtRate(_) -> throw new IllegalStateException("\"" + fault + "\" was not bound to a run");
        };
    }

    private static boolean isWithin(Armed each, long step) {
        return !each.reached() || step > each.lastStep && step < each.firstStep + each.fault.effect().steps();
    }

    private static boolean isChosen(Armed each, long step) {
        return !(each.fault.effect() instanceof Effect.Drop(double percent, _))
                || Dice.uniform(each.dice, step, Kind.DROP.ordinal()) * 100 < percent;
    }

    private static boolean isMeant(Target target, String worker) {
        return switch (target) {
            case Target.Worker number -> number.isMeantBy(worker);
            case Target.Any(), Target.All() -> !worker.equals(STORE);
            case Target.Store() -> worker.equals(STORE);
            case Target.Node(_), Target.Leader(), Target.Sides(_), Target.None() -> false;
        };
    }

    /// One blow.
    ///
    /// @param dice random bits of this strike
    record Strike(Effect effect, long dice) {}
}
