package dev.pando.chaos.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// Faults as data: what a command line, a config, a test and a report mean by `kill worker-2 at step 7, hang worker-0
/// at step 12`.
///
/// @param faults as written
public record FaultScript(List<Fault> faults) {
    /// Nothing goes wrong.
    public static final FaultScript NONE = new FaultScript(List.of());

    public FaultScript {
        faults = List.copyOf(faults);
    }

    /// Reads a script; [#toString] writes it.
    ///
    /// @throws FaultSyntaxException with one sentence that names the place
    public static FaultScript parse(String text) {
        return new FaultScript(new FaultParser(text).parse());
    }

    /// The script for one run: every target a worker that is there, every rate drawn step by step.
    ///
    /// A fault that names, or waits for, a worker beyond those of the run is left out.
    ///
    /// @param seed decides what is left open; same seed, same faults
    /// @param workers of the run
    /// @param steps of the run
    public FaultScript bind(long seed, int workers, long steps) {
        List<Fault> bound = new ArrayList<>();
        for (int i = 0; i < faults.size(); i++) {
            bind(faults.get(i), i, seed, workers, steps, bound);
        }
        return new FaultScript(bound);
    }

    /// What is wrong with the job's data: an undisturbed run suffers that as well.
    public FaultScript ofTheData() {
        return new FaultScript(faults.stream().filter(Fault::isOfTheData).toList());
    }

    /// Sentences on the faults that cannot be injected into the workers of one process.
    public List<String> refusals() {
        return faults.stream().flatMap(fault -> fault.refusal().stream()).toList();
    }

    private static void bind(Fault fault, int index, long seed, int workers, long steps, List<Fault> into) {
        switch (fault.when()) {
            case When.AtRate(double perStep) -> {
                for (long step = 0; step < steps; step++) {
                    if (Dice.uniform(seed, index, step) < perStep) {
                        aim(fault.at(new When.AtStep(step)), Dice.bits(seed, index, step, 1), workers, into);
                    }
                }
            }
            case When.OnEvent(Target.Worker(int number, _), _, _) when number >= workers -> {}
            case When.AtStep _, When.OnEvent _ -> aim(fault, Dice.bits(seed, index), workers, into);
        }
    }

    private static void aim(Fault fault, long seed, int workers, List<Fault> into) {
        switch (fault.target()) {
            case Target.Worker(int number, _) -> {
                if (number < workers) {
                    into.add(fault);
                }
            }
            case Target.Any() -> into.add(fault.aimedAt(new Target.Worker(Dice.below(workers, seed))));
            case Target.All() when fault.effect().aim() == Kind.Aim.PROCESS -> into.add(fault);
            case Target.All() ->
                    IntStream.range(0, workers).forEach(i -> into.add(fault.aimedAt(new Target.Worker(i))));
            case Target.Store(), Target.None(), Target.Node(_), Target.Leader(), Target.Sides(_) -> into.add(fault);
        }
    }

    @Override
    public String toString() {
        return String.join(", ", faults.stream().map(Fault::toString).toList());
    }
}
