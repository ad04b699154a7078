package dev.pando.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// What goes wrong while a job runs, and at which of its steps: drawn from a seed, so that it can be had again.
record FaultSchedule(long seed, List<Fault> faults) {
    private static final int MOST_FAULTS = 4;

    /// @param pick says which of the nodes that come into question it strikes
    record Fault(long step, Kind kind, int pick) {
        @Override
        public String toString() {
            return kind + "(" + pick + ")@" + step;
        }
    }

    enum Kind {
        KILL_A_WORKER,
        KILL_THE_LEADER,
        KILL_THE_LEADER_AND_A_WORKER,
        KILL_ALL,
        /// As a long garbage collection would.
        FREEZE_A_WORKER,
        FREEZE_THE_LEADER,
        /// Until the grove has gone on without it.
        FREEZE_FOR_LONG,
        /// Its host and all others do not hear each other.
        CUT_OFF_A_WORKER,
        CUT_OFF_THE_LEADER,
        /// Any of the hosts from the others.
        SPLIT,
        /// One of these three, until the grove has gone on without the smaller side.
        CUT_OFF_FOR_LONG,
        JOIN,
        /// By SIGTERM.
        LEAVE,
        THE_LEADER_LEAVES;

        boolean isCut() {
            return switch (this) {
                case CUT_OFF_A_WORKER, CUT_OFF_THE_LEADER, SPLIT, CUT_OFF_FOR_LONG -> true;
                default -> false;
            };
        }
    }

    /// @param steps of the job
    /// @param cuts whether nodes can be cut off from each other
    static FaultSchedule of(long seed, long steps, boolean cuts) {
        Random dice = new Random(seed * 0x9E3779B97F4A7C15L);
        List<Fault> faults = new ArrayList<>();
        long step = 1;
        for (int i = 1 + dice.nextInt(MOST_FAULTS); i > 0; i--) {
            step += dice.nextInt((int) (steps / MOST_FAULTS));
            faults.add(new Fault(step, kind(dice, cuts), dice.nextInt(1024)));
        }
        return new FaultSchedule(seed, List.copyOf(faults));
    }

    /// The death of all nodes, and a long silence, take long to get over, and are drawn more rarely.
    private static Kind kind(Random dice, boolean cuts) {
        Kind kind = any(dice, cuts);
        return switch (kind) {
            case KILL_ALL, FREEZE_FOR_LONG -> any(dice, cuts);
            default -> kind;
        };
    }

    private static Kind any(Random dice, boolean cuts) {
        List<Kind> kinds = Arrays.stream(Kind.values()).filter(kind -> cuts || !kind.isCut()).toList();
        return kinds.get(dice.nextInt(kinds.size()));
    }

    @Override
    public String toString() {
        return "seed " + seed + ": " + faults;
    }
}
