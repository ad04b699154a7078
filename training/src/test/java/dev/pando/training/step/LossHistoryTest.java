package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class LossHistoryTest {
    @Test
    void shouldTellASkippedStepFromEveryOther() {
        LossHistory before = LossHistory.EMPTY.then(0, 2.5, 1);

        LossHistory skipped = before.skipping(1);

        assertThat(skipped).isEqualTo(before.skipping(1));
        assertThat(skipped.sha256()).isNotEqualTo(before.sha256()).isNotEqualTo(before.skipping(2).sha256());
        assertThat(skipped.skippedInARow()).isEqualTo(1);
        assertThat(skipped.skipping(2).skippedInARow()).isEqualTo(2);
        assertThat(skipped.then(2, 2.5, 1).skippedInARow()).isZero();
    }

    @Test
    void shouldChainTheDigestOfTheStepsAlone() {
        LossHistory known = LossHistory.EMPTY.then(0, 2.5, 1).then(1, 2.25, 3);
        LossHistory digestOnly = LossHistory.parse(known.sha256());

        assertThat(digestOnly.then(2, 2, 2).sha256()).isEqualTo(known.then(2, 2, 2).sha256());
    }

    @Test
    void shouldRememberTheLastNormsAndNoOthers() {
        LossHistory history = LossHistory.EMPTY;
        for (int step = 0; step < 100; step++) {
            history = step % 10 == 0 ? history.skipping(step) : history.then(step, 1, step);
        }

        assertThat(history.gradientNorms()).hasSize(LossHistory.REMEMBERED).last().isEqualTo(99.0);
        assertThat(history.gradientNorms().getFirst()).isEqualTo(68.0);
        assertThat(history.medianGradientNorm(29)).as("of 68 to 99 without 70, 80 and 90").hasValue(84);
        assertThat(history.medianGradientNorm(30)).isEqualTo(OptionalDouble.empty());
    }

    @Test
    void shouldBeReadAsItWasWritten() {
        LossHistory history = LossHistory.EMPTY.then(0, 2.5, 0.1).skipping(1).then(2, 2.25, 1 / 3.0);

        assertThat(history.text()).endsWith(" 0.1 skipped 0.3333333333333333");
        assertThat(LossHistory.parse(history.text())).isEqualTo(history);
        assertThat(LossHistory.parse(LossHistory.EMPTY.text())).isEqualTo(LossHistory.EMPTY);
        assertThatThrownBy(() -> LossHistory.parse("abc")).hasMessage("not a SHA-256 in hexadecimal: abc");
    }
}
