package dev.pando.chaos.faults;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/// Arbitrary faults of every kind.
final class Faults {
    private Faults() {}

    static Arbitrary<FaultScript> scripts() {
        return fault().list().ofMaxSize(6).map(FaultScript::new);
    }

    static Arbitrary<Fault> fault() {
        return effect().flatMap(effect ->
                Combinators.combine(target(effect), when(effect), moment(effect))
                        .as((target, when, moment) -> new Fault(effect, target, when, moment)));
    }

    static Arbitrary<Effect> effect() {
        return Arbitraries.of(Kind.values()).flatMap(Faults::effect);
    }

    private static Arbitrary<Effect> effect(Kind kind) {
        Arbitrary<Duration> durations = Arbitraries.longs().between(1, 10_000_000).map(Duration::ofMillis);
        Arbitrary<Double> factors = Arbitraries.integers().between(11, 99_999).map(tenths -> tenths / 10.0);
        Arbitrary<Long> steps = Arbitraries.longs().between(1, 50);
        return switch (kind) {
            case KILL -> Arbitraries.just(new Effect.Kill());
            case THROW -> Arbitraries.just(new Effect.Throw());
            case HANG -> Arbitraries.just(new Effect.Hang());
            case STOP -> durations.map(Effect.Stop::new);
            case GC_PAUSE -> durations.map(Effect.GcPause::new);
            case SLOW -> Combinators.combine(factors, steps).as(Effect.Slow::new);
            case OUT_OF_MEMORY -> Arbitraries.just(new Effect.OutOfMemory());
            case DEVICE_ERROR ->
                    Arbitraries.of("", "ecc", "illegal address", "xid 79", "xid 31").map(Effect.DeviceError::new);
            case BIT_FLIP -> Arbitraries.of(Effect.Place.values()).map(Effect.BitFlip::new);
            case NAN_LOSS -> Arbitraries.just(new Effect.NanLoss());
            case LOSS_SPIKE -> factors.map(Effect.LossSpike::new);
            case POISONED_BATCH -> Arbitraries.just(new Effect.PoisonedBatch());
            case DELAY -> Combinators.combine(durations, steps).as(Effect.Delay::new);
            case DROP ->
                    Combinators.combine(Arbitraries.integers().between(1, 1000).map(tenths -> tenths / 10.0), steps)
                            .as(Effect.Drop::new);
            case DUPLICATE -> steps.map(Effect.Duplicate::new);
            case REORDER -> steps.map(Effect.Reorder::new);
            case CORRUPT_FRAME -> Arbitraries.just(new Effect.CorruptFrame());
            case PARTITION -> steps.map(Effect.Partition::new);
            case LEAVE -> Arbitraries.just(new Effect.Leave());
            case CLOCK_JUMP -> durations.map(Effect.ClockJump::new);
            case DISK_FULL -> steps.map(Effect.DiskFull::new);
            case TORN_WRITE -> Arbitraries.just(new Effect.TornWrite());
            case SLOW_DISK -> Combinators.combine(factors, steps).as(Effect.SlowDisk::new);
            case STORE_DOWN -> steps.map(Effect.StoreDown::new);
            case JOURNAL_DOWN -> steps.map(Effect.JournalDown::new);
        };
    }

    private static Arbitrary<Target> numbered() {
        return Arbitraries.integers()
                .between(0, 9)
                .flatMap(number ->
                        Arbitraries.of(
                                new Target.Worker(number), new Target.Worker(number, 2), new Target.Node(number)));
    }

    private static Arbitrary<Target> target(Effect effect) {
        return switch (effect.aim()) {
            case WORKER ->
                    Arbitraries.oneOf(
                            numbered(), Arbitraries.of(new Target.Any(), new Target.All(), new Target.Leader()));
            case STORE -> Arbitraries.just(new Target.Store());
            case PROCESS -> Arbitraries.just(new Target.All());
            case NONE -> Arbitraries.just(new Target.None());
            case SIDES ->
                    numbered().list().ofMinSize(1).ofMaxSize(3).list().ofMinSize(2).ofMaxSize(3).map(Target.Sides::new);
        };
    }

    private static Arbitrary<When> when(Effect effect) {
        Arbitrary<Long> steps = Arbitraries.longs().between(0, 1000);
        Arbitrary<When> events =
                Combinators.combine(Arbitraries.of(Phase.values()), numbered(), steps)
                        .as((phase, who, step) ->
                                new When.OnEvent(phase.isOfStore() ? new Target.Store() : who, phase, step));
        Arbitrary<When> rates =
                Arbitraries.integers().between(1, 1000).map(thousandths -> new When.AtRate(thousandths / 1000.0));
        return effect instanceof Effect.PoisonedBatch
                ? Arbitraries.oneOf(steps.map(When.AtStep::new), rates)
                : Arbitraries.oneOf(steps.map(When.AtStep::new), events, rates);
    }

    private static Arbitrary<Moment> moment(Effect effect) {
        List<Moment> moments =
                Arrays.stream(Phase.values())
                        .filter(phase -> !phase.isOfStore())
                        .flatMap(phase -> java.util.stream.Stream.of(Moment.in(phase), Moment.after(phase)))
                        .toList();
        return effect.movable() ? Arbitraries.of(moments) : Arbitraries.just(effect.usualMoment());
    }
}
