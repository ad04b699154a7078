package dev.pando.training.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.tensor.SumTree.Addition;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The oracle is the formula written out: a node's sum is "(left+right)", or the half that has members.
class SumTreeTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 13})
    void shouldAddEveryRunAsTheTreeDoes(int leaves) {
        for (int from = 0; from < leaves; from++) {
            for (int to = from + 1; to <= leaves; to++) {
                String expected = formula(0, leaves, from, to);

                assertThat(added(leaves, SumTree.intoFirst(leaves, from, to), from, false)).isEqualTo(expected);
                assertThat(added(leaves, SumTree.intoLast(leaves, from, to), to - 1, true)).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldNotAddWhereOneHalfHasNoMember() {
        assertThat(SumTree.intoFirst(8, 3, 6)).containsExactly(new Addition(4, 5), new Addition(3, 4));
        assertThat(SumTree.intoFirst(8, 5, 6)).isEmpty();
    }

    @Test
    void shouldRefuseMembersThatTheTreeDoesNotHave() {
        assertThatThrownBy(() -> SumTree.intoFirst(4, 2, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SumTree.intoFirst(4, 2, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    /// @param backwards the target is the right operand
    private static String added(int leaves, List<Addition> additions, int result, boolean backwards) {
        String[] values = IntStream.range(0, leaves).mapToObj(Integer::toString).toArray(String[]::new);
        for (Addition addition : additions) {
            String target = values[addition.target()];
            String source = values[addition.source()];
            values[addition.target()] =
                    backwards ? "(" + source + "+" + target + ")" : "(" + target + "+" + source + ")";
        }
        return values[result];
    }

    private static String formula(int first, int end, int from, int to) {
        if (end <= from || to <= first) {
            return "";
        }
        if (end - first == 1) {
            return Integer.toString(first);
        }
        int half = 1;
        while (2 * half < end - first) {
            half *= 2;
        }
        String left = formula(first, first + half, from, to);
        String right = formula(first + half, end, from, to);
        return left.isEmpty() || right.isEmpty() ? left + right : "(" + left + "+" + right + ")";
    }
}
