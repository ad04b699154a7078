package dev.pando.diagnosis.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Oracle: histories with a spike that was put there, and histories without.
final class LossSpikesTest {
    private static final int STEPS = 3000;

    @Test
    void shouldFindEverySpikeThatStays() {
        for (long seed = 0; seed < 50; seed++) {
            double[] losses = clean(seed, List.of());
            SplittableRandom random = new SplittableRandom(seed ^ 0x5F1CE);
            int at = 300 + random.nextInt(STEPS - 600);
            double height = 1.4 + random.nextDouble() * 2;
            int rising = 1 + random.nextInt(20);
            for (int step = at; step < STEPS; step++) {
                losses[step] *= 1 + (height - 1) * Math.min(1, (step - at + 1.0) / rising);
            }

            Optional<LossSpikes.Spike> spike = LossSpikes.first(losses, List.of());

            assertThat(spike).as("seed %d, height %s at %d", seed, height, at).isPresent();
            assertThat(spike.get().began()).as("seed %d", seed).isBetween((long) at, (long) at + rising);
            assertThat(spike.get().sure()).isEqualTo(spike.get().began() + 7);
            assertThat(spike.get().healthy())
                    .as("seed %d", seed)
                    .isLessThan(spike.get().began())
                    .isGreaterThan(at - 64);
        }
    }

    @Test
    void shouldFindNoneInCleanRunsWithPhases() {
        for (long seed = 100; seed < 120; seed++) {
            List<Long> phases = List.of(1000L, 2000L);

            assertThat(LossSpikes.first(clean(seed, phases), phases)).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void shouldLetALoneBadStepPass() {
        double[] losses = clean(7, List.of());
        losses[1500] *= 5;
        losses[1501] *= 3;

        assertThat(LossSpikes.first(losses, List.of())).isEmpty();
    }

    @Test
    void shouldTakeALossThatIsNoNumberAtOnce() {
        double[] losses = clean(8, List.of());
        losses[1500] = Double.NaN;

        assertThat(LossSpikes.first(losses, List.of())).contains(new LossSpikes.Spike(1500, 1500, 1499));
    }

    @Test
    void shouldSayTheSameOfTheSameHistory() {
        double[] losses = clean(9, List.of());
        for (int step = 1500; step < STEPS; step++) {
            losses[step] *= 2;
        }

        assertThat(LossSpikes.first(losses, List.of())).isEqualTo(LossSpikes.first(losses.clone(), List.of()));
        assertThat(LossSpikes.first(losses, List.of()).orElseThrow().skippedThrough()).isEqualTo(1515);
    }

    /// A loss that falls from 11 with noise that drifts, and steps up or down by up to two thirds where a phase begins.
    private static double[] clean(long seed, List<Long> phases) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] losses = new double[STEPS];
        double drift = 0;
        double level = 1;
        for (int step = 0; step < STEPS; step++) {
            if (phases.contains((long) step)) {
                level *= 0.6 + random.nextDouble();
            }
            drift = 0.9 * drift + 0.01 * gauss(random);
            losses[step] =
                    level * (2 + 9 * StrictMath.exp(-step / 150.0)) * StrictMath.exp(drift + 0.02 * gauss(random));
        }
        return losses;
    }

    private static double gauss(SplittableRandom random) {
        double sum = 0;
        for (int i = 0; i < 12; i++) {
            sum += random.nextDouble();
        }
        return sum - 6;
    }
}
