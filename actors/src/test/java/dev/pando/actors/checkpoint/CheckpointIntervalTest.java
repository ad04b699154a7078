package dev.pando.actors.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CheckpointIntervalTest {
    private static final double HOUR = 3600;

    private static CheckpointInterval measured(double stepS, double stallS, double durableS) {
        CheckpointInterval interval = new CheckpointInterval(0, HOUR);
        interval.stepped(stepS, false);
        interval.measured(stallS, durableS);
        return interval;
    }

    @Test
    void shouldKeepToTheMarksThatAJobNames() {
        CheckpointInterval interval = new CheckpointInterval(10, HOUR);

        assertThat(interval.isDue(9, 0)).isFalse();
        assertThat(interval.isDue(10, 0)).isTrue();
        assertThat(interval.isDue(19, 12)).isFalse();
        assertThat(interval.isDue(21, 12)).as("late, but the mark was passed").isTrue();
    }

    @Test
    void shouldTakeTheFirstSoonToMeasureIt() {
        CheckpointInterval interval = new CheckpointInterval(0, HOUR);

        assertThat(interval.isDue(9, 0)).isFalse();
        assertThat(interval.isDue(10, 0)).isTrue();
    }

    @Test
    void shouldBalanceWhatCheckpointsCostAgainstWhatFailuresLose() {
        double seconds = 0.5 * measured(0.5, 0.5, 1).steps();

        assertThat(seconds).isCloseTo(Math.sqrt(2 * 0.5 * HOUR), within(1.0)); // 60 s
        double atBest = cost(seconds);
        assertThat(cost(seconds / 2)).isGreaterThan(atBest);
        assertThat(cost(seconds * 2)).isGreaterThan(atBest);
    }

    /// Seconds an hour that go to checkpoints, and to work that one failure in it loses.
    private static double cost(double interval) {
        return HOUR / interval * 0.5 + interval / 2;
    }

    @Test
    void shouldCountHowMuchSlowerStepsAreBesideTheWriting() {
        CheckpointInterval interval = new CheckpointInterval(0, HOUR);
        interval.stepped(1, false);
        interval.stepped(1.25, true);
        interval.stepped(1.25, true);
        interval.measured(0, 2);

        assertThat(interval.steps()).isEqualTo(measured(1, 0.5, 2).steps());
    }

    @Test
    void shouldTakeThemMoreOftenWhereWorkersAreLost() {
        CheckpointInterval calm = measured(0.1, 0.1, 1);
        CheckpointInterval stormy = measured(0.1, 0.1, 1);
        for (int n = 0; n < 8; n++) {
            stormy.failed();
        }

        assertThat(stormy.steps()).isCloseTo(calm.steps() / 3, within(2L)); // the root of 1 + 8
    }

    @Test
    void shouldLetOneBecomeDurableBeforeTheNextAndCostAFewPercentAtMost() {
        assertThat(measured(1, 0.001, 500).steps()).isEqualTo(500);
        assertThat(measured(1, 1000, 10).steps()).isEqualTo(28571); // 1000 s of 28571 s are 3.5 %
    }

    @Test
    void shouldNotBeLedAstrayByOneBadMeasurement() {
        CheckpointInterval interval = measured(1, 0.5, 1);
        long usual = interval.steps();
        interval.measured(0.5, 1);
        interval.measured(60, 1);

        assertThat(interval.steps()).isEqualTo(usual);
    }
}
