package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.tensor.TensorTable;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class SpanCutTest {
    @Property
    void shouldPutEveryElementIntoExactlyOneSpan(@ForAll @LongRange(min = 1, max = 100_000) long parameters) {
        TensorTable table = new TensorTable.Builder().add("w", parameters).build();

        SpanCut cut = SpanCut.of(table);

        long end = 0;
        for (int span : cut.all()) {
            assertThat(cut.offset(span)).isEqualTo(end).isEqualTo(end / 16 * 16);
            assertThat(cut.length(span)).isPositive().isLessThanOrEqualTo(cut.spanElements());
            end += cut.length(span);
        }
        assertThat(end).isEqualTo(table.length());
        assertThat(cut.spans()).isLessThanOrEqualTo(120);
    }
}
