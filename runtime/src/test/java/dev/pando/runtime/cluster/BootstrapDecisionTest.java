package dev.pando.runtime.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.runtime.cluster.BootstrapDecision.Answer;
import dev.pando.runtime.cluster.BootstrapDecision.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BootstrapDecisionTest {
    private static final SortedSet<String> ALL = nodes("a:1", "b:1", "c:1");

    @Test
    void shouldJoinTheGroveThatAnyOfThemBelongsTo() {
        BootstrapDecision founding = new BootstrapDecision("a:1", 3);

        Verdict verdict =
                founding.decide(ALL, answers("b:1", new Answer.Silent("gone"), "c:1", new Answer.Member("pekko://c")));

        assertThat(verdict).isEqualTo(new Verdict.Join(List.of("pekko://c")));
    }

    @Test
    void shouldFoundAGroveOnlyAsTheFirstOfThoseWhoAllSeeTheSameForAWhile() {
        BootstrapDecision first = new BootstrapDecision("a:1", 3);
        BootstrapDecision second = new BootstrapDecision("b:1", 3);

        for (int round = 1; round < BootstrapDecision.ROUNDS; round++) {
            assertThat(first.decide(ALL, agreeing("b:1", "c:1"))).isInstanceOf(Verdict.Wait.class);
        }

        assertThat(first.decide(ALL, agreeing("b:1", "c:1"))).isEqualTo(new Verdict.Found());
        for (int round = 1; round < 10; round++) {
            assertThat(second.decide(ALL, agreeing("a:1", "c:1")))
                    .isEqualTo(new Verdict.Wait("3 nodes agree that a:1 founds the grove"));
        }
    }

    @Test
    void shouldSayWhatItWaitsFor() {
        BootstrapDecision founding = new BootstrapDecision("a:1", 3);

        assertThat(founding.decide(nodes("b:1"), answers("b:1", new Answer.Waiting(ALL))))
                .isEqualTo(new Verdict.Wait("discovery does not name this node, a:1, among b:1"));
        assertThat(founding.decide(nodes("a:1", "b:1"), agreeing("b:1")))
                .isEqualTo(
                        new Verdict.Wait(
                                "discovery has found 2 of the 3 nodes without which no grove is founded: a:1, b:1"));
        assertThat(founding.decide(ALL, answers("b:1", new Answer.Waiting(ALL), "c:1", new Answer.Silent("c is off"))))
                .isEqualTo(new Verdict.Wait("c is off"));
        assertThat(
                        founding.decide(
                                ALL,
                                answers(
                                        "b:1",
                                        new Answer.Waiting(ALL),
                                        "c:1",
                                        new Answer.Waiting(nodes("b:1", "c:1")))))
                .isEqualTo(new Verdict.Wait("c:1 has not discovered the same nodes: b:1, c:1, not a:1, b:1, c:1"));
    }

    @Test
    void shouldBeginToCountAnewWhenSomebodyFallsSilent() {
        BootstrapDecision founding = new BootstrapDecision("a:1", 2);
        SortedSet<String> both = nodes("a:1", "b:1");
        SortedMap<String, Answer> agreeing = answers("b:1", new Answer.Waiting(both));
        for (int round = 1; round < BootstrapDecision.ROUNDS; round++) {
            founding.decide(both, agreeing);
        }

        founding.decide(both, answers("b:1", new Answer.Silent("slow")));

        assertThat(founding.decide(both, agreeing)).isInstanceOf(Verdict.Wait.class);
    }

    /// Nodes are discovered by each at another time, in another order, and fall silent now and then.
    @Property(tries = 300)
    void shouldNeverFoundTwoGrovesWhereMoreThanHalfAreRequired(
            @ForAll @IntRange(min = 1, max = 6) int size, @ForAll long seed) {
        Random random = new Random(seed);
        Crowd crowd = new Crowd(size, random);

        for (int turn = 0; turn < 400 * size; turn++) {
            crowd.turn(random.nextInt(size), turn < 200 * size);
        }

        assertThat(crowd.founders).as("founders").hasSize(1);
        assertThat(crowd.waiting()).as("those in no grove").isEmpty();
    }

    private static final class Crowd {
        private final Random random;
        private final List<String> names = new ArrayList<>();
        private final List<BootstrapDecision> nodes = new ArrayList<>();
        private final List<SortedSet<String>> views = new ArrayList<>();
        private final List<Boolean> members = new ArrayList<>();
        private final List<String> founders = new ArrayList<>();

        Crowd(int size, Random random) {
            this.random = random;
            for (int i = 0; i < size; i++) {
                names.add("node-" + i + ":1");
                nodes.add(new BootstrapDecision(names.get(i), size / 2 + 1));
                views.add(new TreeSet<>());
                members.add(false);
            }
        }

        void turn(int self, boolean isHard) {
            if (members.get(self)) {
                return;
            }
            SortedSet<String> view = new TreeSet<>(views.get(self));
            names.stream().filter(name -> !isHard || random.nextInt(8) == 0).forEach(view::add);
            views.set(self, view);
            SortedMap<String, Answer> answers = new TreeMap<>();
            for (String other : view) {
                if (!other.equals(names.get(self))) {
                    answers.put(other, answer(names.indexOf(other), isHard));
                }
            }
            Verdict verdict = nodes.get(self).decide(view, answers);
            if (verdict instanceof Verdict.Found) {
                founders.add(names.get(self));
            }
            members.set(self, !(verdict instanceof Verdict.Wait));
        }

        private Answer answer(int other, boolean isHard) {
            if (isHard && random.nextInt(6) == 0) {
                return new Answer.Silent("silent");
            }
            return members.get(other) ? new Answer.Member("pekko://" + other) : new Answer.Waiting(views.get(other));
        }

        List<String> waiting() {
            return names.stream().filter(name -> !members.get(names.indexOf(name))).toList();
        }
    }

    private static SortedMap<String, Answer> agreeing(String... others) {
        SortedMap<String, Answer> answers = new TreeMap<>();
        for (String other : others) {
            answers.put(other, new Answer.Waiting(ALL));
        }
        return answers;
    }

    private static SortedMap<String, Answer> answers(String node, Answer answer) {
        return new TreeMap<>(java.util.Map.of(node, answer));
    }

    private static SortedMap<String, Answer> answers(String one, Answer first, String other, Answer second) {
        return new TreeMap<>(java.util.Map.of(one, first, other, second));
    }

    private static SortedSet<String> nodes(String... names) {
        return new TreeSet<>(List.of(names));
    }
}
