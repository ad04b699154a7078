package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.tensor.TensorTable;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

class SpanCutTest {
    @Property
    void shouldPutEveryElementIntoExactlyOneSpanOfOnePart(
            @ForAll @Size(min = 1, max = 40) List<@LongRange(min = 1, max = 100_000) Long> parts) {
        TensorTable.Builder builder = new TensorTable.Builder();
        for (int block = 0; block < parts.size(); block++) {
            builder.part(block, 0).add("w" + block, parts.get(block));
        }
        TensorTable table = builder.build();

        SpanCut cut = SpanCut.of(table);

        long end = 0;
        for (int span : cut.all()) {
            long from = end;
            assertThat(cut.offset(span)).isEqualTo(end).isEqualTo(end / 16 * 16);
            assertThat(cut.length(span)).isPositive().isLessThanOrEqualTo((table.length() / 120 + 16) / 16 * 16);
            end += cut.length(span);
            assertThat(partsOf(table, from, end)).as("parts of span " + span).hasSize(1);
        }
        assertThat(end).isEqualTo(table.length());
        assertThat(cut.spans()).isLessThanOrEqualTo(120 + parts.size());
    }

    private static Stream<TensorTable.Range> partsOf(TensorTable table, long from, long end) {
        return table.parts().stream().filter(part -> part.offset() < end && part.offset() + part.length() > from);
    }
}
