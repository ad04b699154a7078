package dev.pando.chaos.faults;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Locale;

/// What a fault does. [Kind] says what each of them means.
// Long because it lists every effect there is, each with what it says of itself.
public sealed interface Effect {
    Kind kind();

    /// What this can be aimed at.
    default Kind.Aim aim() {
        return kind().aim();
    }

    /// For how many steps, from the first on.
    default long steps() {
        return 1;
    }

    /// The moment of a step at which this strikes if the script does not say another.
    default Moment usualMoment() {
        return kind().usualMoment();
    }

    /// Whether a script may move this to another moment of a step.
    default boolean movable() {
        return kind().movable();
    }

    /// As written after the kind: `in weight`, `xid 79`; or nothing.
    default String qualifier() {
        return "";
    }

    /// As written before the target, with a space after it; or nothing.
    default String preposition() {
        return kind().preposition();
    }

    /// As written after the target: `3s`, `x4`; or nothing.
    default String measure() {
        return "";
    }

    record Kill() implements Effect {
        @Override
        public Kind kind() {
            return Kind.KILL;
        }
    }

    record Throw() implements Effect {
        @Override
        public Kind kind() {
            return Kind.THROW;
        }
    }

    record Hang() implements Effect {
        @Override
        public Kind kind() {
            return Kind.HANG;
        }
    }

    record Stop(Duration duration) implements Effect {
        public Stop {
            positive(duration);
        }

        @Override
        public Kind kind() {
            return Kind.STOP;
        }

        @Override
        public String measure() {
            return print(duration);
        }
    }

    record GcPause(Duration duration) implements Effect {
        public GcPause {
            positive(duration);
        }

        @Override
        public Kind kind() {
            return Kind.GC_PAUSE;
        }

        @Override
        public String measure() {
            return print(duration);
        }
    }

    record Slow(double factor, long steps) implements Effect {
        public Slow {
            slower(factor);
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.SLOW;
        }

        @Override
        public String measure() {
            return "x" + print(factor);
        }
    }

    record OutOfMemory() implements Effect {
        @Override
        public Kind kind() {
            return Kind.OUT_OF_MEMORY;
        }
    }

    record DeviceError(String code) implements Effect {
        @Override
        public Kind kind() {
            return Kind.DEVICE_ERROR;
        }

        @Override
        public String qualifier() {
            return code;
        }
    }

    record BitFlip(Place place) implements Effect {
        @Override
        public Kind kind() {
            return Kind.BIT_FLIP;
        }

        @Override
        public Moment usualMoment() {
            return switch (place) {
                case GRADIENT -> Moment.after(Phase.COMPUTE);
                case WEIGHT, MOMENT -> Moment.in(Phase.COMPUTE);
                case WIRE -> Moment.after(Phase.REDUCE);
                case CHECKPOINT -> Moment.after(Phase.SAVE);
            };
        }

        @Override
        public Kind.Aim aim() {
            return place == Place.CHECKPOINT ? Kind.Aim.STORE : Kind.Aim.WORKER;
        }

        @Override
        public String qualifier() {
            return "in " + place;
        }
    }

    record NanLoss() implements Effect {
        @Override
        public Kind kind() {
            return Kind.NAN_LOSS;
        }
    }

    record LossSpike(double factor) implements Effect {
        public LossSpike {
            slower(factor);
        }

        @Override
        public Kind kind() {
            return Kind.LOSS_SPIKE;
        }

        @Override
        public String measure() {
            return "x" + print(factor);
        }
    }

    record PoisonedBatch() implements Effect {
        @Override
        public Kind kind() {
            return Kind.POISONED_BATCH;
        }
    }

    record Delay(Duration duration, long steps) implements Effect {
        public Delay {
            positive(duration);
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.DELAY;
        }

        @Override
        public String measure() {
            return print(duration);
        }
    }

    record Drop(double percent, long steps) implements Effect {
        public Drop {
            if (!(percent > 0 && percent <= 100)) {
                throw new IllegalArgumentException(
                        "a share is above 0 % and at most 100 %, not " + print(percent) + " %");
            }
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.DROP;
        }

        @Override
        public String measure() {
            return print(percent) + " %";
        }
    }

    record Duplicate(long steps) implements Effect {
        public Duplicate {
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.DUPLICATE;
        }
    }

    record Reorder(long steps) implements Effect {
        public Reorder {
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.REORDER;
        }
    }

    record CorruptFrame() implements Effect {
        @Override
        public Kind kind() {
            return Kind.CORRUPT_FRAME;
        }
    }

    record Partition(long steps) implements Effect {
        public Partition {
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.PARTITION;
        }
    }

    record ClockJump(Duration duration) implements Effect {
        public ClockJump {
            positive(duration);
        }

        @Override
        public Kind kind() {
            return Kind.CLOCK_JUMP;
        }

        @Override
        public String measure() {
            return print(duration);
        }
    }

    record Leave() implements Effect {
        @Override
        public Kind kind() {
            return Kind.LEAVE;
        }
    }

    record DiskFull(long steps) implements Effect {
        public DiskFull {
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.DISK_FULL;
        }
    }

    record TornWrite() implements Effect {
        @Override
        public Kind kind() {
            return Kind.TORN_WRITE;
        }
    }

    record SlowDisk(double factor, long steps) implements Effect {
        public SlowDisk {
            slower(factor);
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.SLOW_DISK;
        }

        @Override
        public String measure() {
            return "x" + print(factor);
        }
    }

    record StoreDown(long steps) implements Effect {
        public StoreDown {
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.STORE_DOWN;
        }
    }

    record JournalDown(long steps) implements Effect {
        public JournalDown {
            atLeastOne(steps);
        }

        @Override
        public Kind kind() {
            return Kind.JOURNAL_DOWN;
        }
    }

    /// Where a bit flips.
    enum Place {
        /// In what one worker adds to the sum.
        GRADIENT,
        /// In one replica's weights.
        WEIGHT,
        /// In one replica's optimizer moments.
        MOMENT,
        /// In the sum, as it arrives at one replica.
        WIRE,
        /// In a published checkpoint.
        CHECKPOINT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static String print(double number) {
        return BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    private static String print(Duration duration) {
        long ms = duration.toMillis();
        return ms % 60_000 == 0 ? ms / 60_000 + "m" : ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
    }

    private static void positive(Duration duration) {
        if (duration.toMillis() < 1) {
            throw new IllegalArgumentException("a duration is at least 1ms, not " + duration.toNanos() + "ns");
        }
    }

    private static void slower(double factor) {
        if (!(factor > 1 && Double.isFinite(factor))) {
            throw new IllegalArgumentException("a factor is above 1, as in x4, not x" + factor);
        }
    }

    private static void atLeastOne(long steps) {
        if (steps < 1) {
            throw new IllegalArgumentException("a fault lasts at least 1 step, not " + steps);
        }
    }
}
