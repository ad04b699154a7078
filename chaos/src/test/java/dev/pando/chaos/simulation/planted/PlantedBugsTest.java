package dev.pando.chaos.simulation.planted;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A few of the planted bugs; with `-Dpando.simulation.planted=all` all of them, and a table.
class PlantedBugsTest {
    private static final int EVERY = 9;

    static Stream<String> some() {
        List<Bugs.Bug> bugs = Bugs.all();
        return IntStream.range(0, bugs.size()).filter(i -> i % EVERY == 0).mapToObj(i -> bugs.get(i).name());
    }

    @ParameterizedTest
    @MethodSource("some")
    void shouldFindAPlantedBug(String name) {
        Bugs.Bug bug = Bugs.all().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();

        assertThat(PlantedBugs.find(bug, PlantedBugs.SEEDS).isFound()).isTrue();
    }

    @Test
    @EnabledIfSystemProperty(named = "pando.simulation.planted", matches = "all")
    void shouldFindEveryPlantedBug() {
        assertThat(PlantedBugs.huntAll(System.out)).isZero();
    }

    @Test
    void shouldPlantAtLeastFortyBugs() {
        assertThat(Bugs.all()).hasSizeGreaterThanOrEqualTo(40).extracting(Bugs.Bug::name).doesNotHaveDuplicates();
    }
}
