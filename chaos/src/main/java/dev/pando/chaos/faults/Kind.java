package dev.pando.chaos.faults;

import java.util.Set;
import java.util.stream.Collectors;

/// The vocabulary of faults: for each kind its words, what it does, and what a run should do about it.
///
/// `docs/faults.md` holds this table; a test keeps the two equal.
public enum Kind {
    KILL(
            "kill",
            Aim.WORKER,
            Injector.ALL,
            "The device is gone in the middle of a call: its thread dies, its collective is torn away, every later call"
                    + " fails.",
            "Others take its batch shards within the step; it is restarted and gets its state from a peer. Same bits."),
    THROW(
            "throw",
            Aim.WORKER,
            Injector.ALL,
            "A call throws an exception; the device is healthy afterwards.",
            "As for kill. Same bits."),
    HANG(
            "hang",
            Aim.WORKER,
            Injector.ALL,
            "A call does not come back until its thread is interrupted.",
            "Noticed by the step's own pace, then as for kill. Same bits."),
    STOP(
            "stop",
            Aim.WORKER,
            Injector.ALL,
            "A call takes this much longer, deaf to interrupts, then goes on as if nothing had been: a process that was"
                    + " stopped and continued.",
            "Where the whole process stands still for about 0.4 s (longer if its signs of life usually come slowly),"
                    + " the worker is set aside: others do its part of the step, and on its return it"
                    + " joins again with its replica, which gets the state from a peer. If only a call is stuck, the"
                    + " process still gives signs of life. The worker is given up once it outlasts the step's pace, as"
                    + " for hang. Same bits."),
    GC_PAUSE(
            "gc pause",
            Aim.PROCESS,
            Injector.ALL,
            "All workers of the process stand still for this long.",
            "Nothing, or, beyond about 0.4 s, what stop gets: the workers are set aside until the process goes on. Same"
                    + " bits."),
    SLOW(
            "slow",
            Aim.WORKER,
            Injector.ALL,
            "Everything a worker computes takes a given multiple of its time, for some steps.",
            "The run goes on; a worker that is hopelessly slow is treated as hung. Same bits."),
    OUT_OF_MEMORY(
            "out of memory", Aim.WORKER, Injector.ALL, "A call throws OutOfMemoryError.", "As for kill. Same bits."),
    DEVICE_ERROR(
            "device error",
            Aim.WORKER,
            Injector.ALL,
            "The device's context is poisoned (`xid 79`, `ecc`, `illegal address`): this call and all later ones throw,"
                    + " until the worker is restarted.",
            "As for kill. Same bits."),
    BIT_FLIP(
            "bit flip",
            Aim.WORKER,
            Injector.ALL,
            "One bit changes in a gradient, a weight, a moment, a sum as it arrives on the wire, or a published"
                    + " checkpoint.",
            "On the wire: the vote drops the step, which is computed again; same bits. In a checkpoint: it is passed"
                    + " over and named. In a weight or moment: the run fails at its end, since the replicas"
                    + " differ. In a gradient: only the hash tells, so far."),
    NAN_LOSS(
            "nan loss",
            Aim.WORKER,
            Injector.ALL,
            "A batch shard's gradient, and half the time its loss, is not a number, once.",
            "The step is computed once more, by others, and the numbers are sound. Same bits."),
    LOSS_SPIKE(
            "loss spike",
            Aim.WORKER,
            Injector.ALL,
            "A batch shard's loss and gradient are multiplied by a given factor, once.",
            "Beyond `skip.spike-factor` the step is computed once more, by others, and the numbers are sound: same"
                    + " bits. Below it, and in the first 8 steps, only the hash tells."),
    POISONED_BATCH(
            "poisoned batch",
            Aim.NONE,
            Injector.ALL,
            "One step's data gives no finite loss, on any worker.",
            "The step is computed once more, by others, and then skipped: weights and moments stay, the job goes on"
                    + " with the next step's data, and says so. Same bits as a run of the same data without other faults."),
    DELAY(
            "delay",
            Aim.WORKER,
            Injector.ALL,
            "What the worker adds to a sum sets out so much later.",
            "The others wait, or give it up past the step's pace. Same bits."),
    DROP(
            "drop",
            Aim.WORKER,
            Injector.ALL,
            "What the worker adds to a sum never arrives: every time, or with a probability (`drop worker-1 5 % for 20"
                    + " steps at step 3`).",
            "The reduction is tried again in a new epoch, with or without the worker. Same bits."),
    DUPLICATE(
            "duplicate",
            Aim.WORKER,
            Injector.ALL,
            "A batch shard is computed twice, and the worker hears of its epoch twice, the second time after the one"
                    + " that follows.",
            "Nothing at all. Same bits."),
    REORDER(
            "reorder",
            Aim.WORKER,
            Injector.ALL,
            "Partial sums are handed over in another order.",
            "Nothing at all. Same bits."),
    CORRUPT_FRAME(
            "corrupt frame",
            Aim.WORKER,
            Injector.ALL,
            "64 bytes of a sum arrive changed at one worker.",
            "The vote drops the step, which is computed again. Same bits."),
    PARTITION(
            "partition",
            Aim.SIDES,
            Injector.SIMULATION,
            "Nodes on different sides cannot hear each other, for some steps.",
            "The side with the majority goes on, the other commits nothing. Same bits."),
    LEAVE(
            "leave",
            Aim.WORKER,
            Injector.SIMULATION,
            "A node is asked to end, as by SIGTERM, and another one follows in its place after a while.",
            "It does its part of the step in flight, and hands its state over if it holds the last copy. No step is"
                    + " redone. Same bits."),
    CLOCK_JUMP(
            "clock jump",
            Aim.WORKER,
            Injector.SIMULATION,
            "A node's wall clock jumps.",
            "Nothing: deadlines follow the monotonic clock. Same bits."),
    DISK_FULL(
            "disk full",
            Aim.STORE,
            Injector.ALL,
            "Checkpoints cannot be written, for some steps.",
            "The checkpoint fails with a sentence, training goes on, the next one is tried. Same bits."),
    TORN_WRITE(
            "torn write",
            Aim.STORE,
            Injector.ALL,
            "A checkpoint is published, but not all of it reached the disk.",
            "It is passed over and named when a checkpoint is needed. Same bits."),
    SLOW_DISK(
            "slow disk",
            Aim.STORE,
            Injector.ALL,
            "Writing a checkpoint takes a given multiple of its time, for some steps.",
            "Training does not wait. Same bits."),
    STORE_DOWN(
            "store down",
            Aim.STORE,
            Injector.ALL,
            "Checkpoints can be neither written nor listed nor read, for some steps.",
            "As for a full disk; a job that needs one just then waits or ends with a sentence."),
    JOURNAL_DOWN(
            "journal down",
            Aim.NONE,
            Injector.OF_GROVES,
            "The job's journal cannot be written.",
            "Where it is slow training goes on. Where it fails the leader ends, the workers keep what they hold, and"
                    + " the next leader continues from there once it can write that it leads. Same bits.");

    private final String words;
    private final Aim aim;
    private final Set<Injector> injectors;
    private final String does;
    private final String expected;

    Kind(String words, Aim aim, Set<Injector> injectors, String does, String expected) {
        this.words = words;
        this.aim = aim;
        this.injectors = injectors;
        this.does = does;
        this.expected = expected;
    }

    /// As written in a script.
    public String words() {
        return words;
    }

    public Aim aim() {
        return aim;
    }

    /// Whether this makes it happen.
    public boolean isInjectedBy(Injector injector) {
        return injectors.contains(injector);
    }

    /// What makes it happen, in words.
    public String injectors() {
        return injectors.stream().sorted().map(Injector::word).collect(Collectors.joining(", "));
    }

    /// What happens, in a sentence.
    public String does() {
        return does;
    }

    /// What a run should do about it, in a sentence.
    public String expected() {
        return expected;
    }

    /// When it strikes if the script does not say; a bit flip says where, and so when.
    Moment usualMoment() {
        return switch (this) {
            case NAN_LOSS, LOSS_SPIKE -> Moment.after(Phase.COMPUTE);
            case DELAY, DROP, REORDER, PARTITION -> Moment.in(Phase.REDUCE);
            case CORRUPT_FRAME -> Moment.after(Phase.REDUCE);
            case DISK_FULL, SLOW_DISK, STORE_DOWN -> Moment.in(Phase.SAVE);
            case TORN_WRITE -> Moment.after(Phase.SAVE);
            default -> Moment.in(Phase.COMPUTE);
        };
    }

    /// Whether a script may move it to another moment.
    boolean movable() {
        return switch (this) {
            case KILL, THROW, HANG, STOP, OUT_OF_MEMORY, DEVICE_ERROR -> true;
            default -> false;
        };
    }

    /// Before the target, with a space after it.
    String preposition() {
        return switch (this) {
            case BIT_FLIP -> "of ";
            case OUT_OF_MEMORY, DEVICE_ERROR, NAN_LOSS -> "on ";
            default -> "";
        };
    }

    /// What a kind can be aimed at.
    public enum Aim {
        WORKER,
        STORE,
        SIDES,
        /// All workers at once, whatever the script says.
        PROCESS,
        NONE
    }
}
