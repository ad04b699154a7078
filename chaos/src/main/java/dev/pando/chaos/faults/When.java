package dev.pando.chaos.faults;

import java.math.BigDecimal;

/// When a fault strikes.
public sealed interface When {
    /// The first time its target gets to that moment in this step or in a later one.
    record AtStep(long step) implements When {
        public AtStep {
            if (step < 0) {
                throw new IllegalArgumentException("steps count from 0, there is no step " + step);
            }
        }

        @Override
        public String toString() {
            return "at step " + step;
        }
    }

    /// The first time that a worker gets to a phase; the target is struck at its next call, whatever that is.
    ///
    /// @param step from which on the event counts
    record OnEvent(Target who, Phase phase, long step) implements When {
        @Override
        public String toString() {
            return "when " + who + " " + phase.verb() + (step == 0 ? "" : " at step " + step);
        }
    }

    /// In each step with this probability, decided by the script's seed.
    record AtRate(double perStep) implements When {
        public AtRate {
            if (!(perStep > 0 && perStep <= 1)) {
                throw new IllegalArgumentException("a rate per step is above 0 and at most 1, not " + perStep);
            }
        }

        @Override
        public String toString() {
            return "at rate " + BigDecimal.valueOf(perStep).stripTrailingZeros().toPlainString() + " per step";
        }
    }
}
