package dev.pando.runtime.processes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OrphanDetectorTest {
    private final Set<String> alive = new HashSet<>();
    private long seconds;
    private final OrphanDetector roots = new OrphanDetector(alive::contains, () -> seconds * 1_000_000_000);

    @Test
    void shouldCountOnTheFirstAndOnWhoeverJoinsIt() {
        begins("a");
        begins("b", "a");
        begins("c", "b");

        assertRooted("a", "b", "c");
    }

    @Test
    void shouldGiveUpWhoeverWasToldToJoinTheDead() {
        begins("a");
        begins("b", "a");
        begins("c", "b");

        alive.remove("a");

        assertRooted();
    }

    @Test
    void shouldKeepWhoeverWasLetInWhenThoseWhoDidAreDead() {
        begins("a");
        begins("b", "a");
        roots.found("b", true);
        begins("c", "a", "b");

        alive.remove("a");
        roots.ends("a");

        assertRooted("b", "c");
    }

    @Test
    void shouldLetANodeThatIsOutJoinAgainForAsLongAsThereIsAMember() {
        begins("a");
        begins("b", "a");
        roots.found("a", true);
        roots.found("b", true);

        roots.found("b", false);
        seconds += 1_000;
        roots.found("a", true);

        assertRooted("a", "b");
    }

    @Test
    void shouldThinkAMemberThatDoesNotAnswerAMemberStill() {
        begins("a");
        begins("b", "a");
        roots.found("a", true);
        roots.found("b", true);

        seconds += 1_000; // in which a is asked, and silent
        roots.found("b", false);

        assertRooted("a", "b");
    }

    @Test
    void shouldGiveUpAllOfThemOnceNoMemberIsLeft() {
        begins("a");
        begins("b", "a");
        begins("c", "a");
        for (String node : List.of("a", "b", "c")) {
            roots.found(node, true);
        }
        alive.removeAll(Set.of("a", "b"));
        roots.ends("a");
        roots.ends("b");
        begins("d", "c");

        roots.found("c", false);
        roots.found("d", false);
        assertRooted("c", "d");
        seconds += (long) OrphanDetector.PATIENCE_SECONDS;

        assertRooted();
    }

    private void begins(String node, String... others) {
        alive.add(node);
        roots.begins(node, List.of(others));
    }

    private void assertRooted(String... nodes) {
        assertThat(List.of("a", "b", "c", "d")).filteredOn(roots::isRooted).containsExactly(nodes);
    }
}
