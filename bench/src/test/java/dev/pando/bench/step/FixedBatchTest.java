package dev.pando.bench.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.step.Sampler.Microbatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class FixedBatchTest {
    @Test
    void shouldFeedEveryStepTheTokensThatThePeerIsGiven() {
        FixedBatch batch = new FixedBatch(7, 31);
        Microbatch first = microbatch();
        Microbatch later = microbatch();

        batch.fetch(0, 0, first);
        batch.fetch(5, 0, later);

        assertThat(later.ids().mismatch(first.ids())).isEqualTo(-1);
        assertThat(later.labels().mismatch(first.labels())).isEqualTo(-1);
        assertThat(first.ids().toArray(ValueLayout.JAVA_INT))
                .containsExactly(
                        batch.token(3, 0, 0),
                        batch.token(3, 0, 1),
                        batch.token(3, 0, 2),
                        batch.token(3, 1, 0),
                        batch.token(3, 1, 1),
                        batch.token(3, 1, 2));
        assertThat(first.labels().toArray(ValueLayout.JAVA_INT))
                .containsExactly(
                        batch.token(3, 0, 1),
                        batch.token(3, 0, 2),
                        batch.token(3, 0, 3),
                        batch.token(3, 1, 1),
                        batch.token(3, 1, 2),
                        batch.token(3, 1, 3));
    }

    private static Microbatch microbatch() {
        return new Microbatch(2, 3, ints(), ints(), ints());
    }

    private static MemorySegment ints() {
        return Arena.ofAuto().allocate(6 * 4L);
    }
}
