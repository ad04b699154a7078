package dev.pando.diagnosis.health;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Oracle: the set of bad nodes that each simulated cluster is made with.
final class BadNodesTest {
    @Test
    void shouldFindFiveBadNodesOfAThousandAndBlameNoOther() {
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Set<String> bad = new TreeSet<>();
            while (bad.size() < 5) {
                bad.add(node(random.nextInt(1000)));
            }

            BadNodes.Outcome outcome = BadNodes.find(nodes(1000), group -> group.stream().noneMatch(bad::contains));

            assertThat(outcome.bad()).as("seed %d", seed).containsExactlyElementsOf(bad);
            assertThat(outcome.unsettled()).isEmpty();
            assertThat(outcome.tests()).isLessThanOrEqualTo(500 + 2 * 11);
        }
    }

    @Test
    void shouldBlameNoGoodNodeWhicheverAreBad() {
        for (int count = 1; count <= 8; count++) {
            List<String> nodes = nodes(count);
            for (int set = 0; set < 1 << count; set++) {
                Set<String> bad = new TreeSet<>();
                for (int i = 0; i < count; i++) {
                    if ((set >> i & 1) == 1) {
                        bad.add(node(i));
                    }
                }

                BadNodes.Outcome outcome = BadNodes.find(nodes, group -> group.stream().noneMatch(bad::contains));

                assertThat(bad).containsAll(outcome.bad());
                List<String> told = new ArrayList<>(outcome.bad());
                told.addAll(outcome.unsettled());
                assertThat(told).as("of %d nodes bad %s", count, bad).containsAll(bad);
            }
        }
    }

    @Test
    void shouldBlameALinkAndNoNodeWhereOnlyTwoTogetherFail() {
        List<String> nodes = nodes(8);
        List<Set<String>> broken = List.of(Set.of(node(0), node(1)), Set.of(node(0), node(2)));

        BadNodes.Outcome outcome =
                BadNodes.find(nodes, group -> broken.stream().noneMatch(pair -> group.containsAll(pair)));

        assertThat(outcome.bad()).isEmpty();
        assertThat(outcome.links()).containsExactly(node(0) + " - " + node(2));
    }

    @Test
    void shouldTestAnOddNodeInAGroupOfThree() {
        assertThat(BadNodes.pairs(nodes(5)).stream().map(List::size)).containsExactly(2, 3);
        assertThat(BadNodes.pairs(nodes(1)).stream().map(List::size)).containsExactly(1);
        assertThat(BadNodes.pairs(List.of())).isEmpty();
    }

    private static List<String> nodes(int count) {
        return IntStream.range(0, count).mapToObj(BadNodesTest::node).toList();
    }

    private static String node(int number) {
        return String.format(Locale.ROOT, "node-%04d", number);
    }
}
