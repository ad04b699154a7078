package dev.pando.training.grid;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.grid.Action.Task;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WalkTest {
    private static final Grid GRID = new Grid(2, 4);
    private static final int LAYERS = 3;
    private static final int RUNS = 2;
    private static final List<Action> WALK = Walk.of(GRID, LAYERS, RUNS);

    @Test
    void shouldReadNoEdgeBeforeItIsWritten() {
        Set<Edge> written = new HashSet<>();
        for (Action action : WALK) {
            assertThat(written).as(action.toString()).containsAll(action.reads());
            written.addAll(action.writes());
        }
    }

    @Test
    void shouldDoEverythingOnceForEachCell() {
        assertThat(WALK).doesNotHaveDuplicates();
        Map<Task, Long> counts =
                WALK.stream()
                        .collect(
                                Collectors.groupingBy(
                                        Action::task, () -> new EnumMap<>(Task.class), Collectors.counting()));
        long once = (long) GRID.sequenceChunks() * LAYERS;
        long each = once * GRID.tensorShards();
        for (Task task : Task.values()) {
            long expected =
                    switch (task) {
                        case EMBED, EMBED_BACKWARD, HEAD_BACKWARD -> GRID.sequenceChunks();
                        case INPUT_NORM -> once + GRID.sequenceChunks();
                        case MIDDLE, OUTPUT, FEED_NORM_BACKWARD, INPUT_NORM_BACKWARD -> once;
                        case LOGITS, LOSS -> (long) GRID.sequenceChunks() * GRID.tensorShards() * RUNS;
                        case QKV,
                                ATTEND,
                                FEED,
                                FEED_BACKWARD,
                                FEED_GRADIENT,
                                ATTEND_BACKWARD,
                                QKV_BACKWARD,
                                QKV_GRADIENT ->
                                each;
                    };
            assertThat(counts).containsEntry(task, expected);
        }
    }

    @Test
    void shouldComputeEveryCellOfTheGrid() {
        Set<Cell> cells = WALK.stream().map(Action::cell).collect(Collectors.toSet());

        assertThat(cells).hasSize(GRID.sequenceChunks() * GRID.parts(LAYERS).size());
    }

    @Test
    void shouldWaitForEarlierActionsOnly() {
        List<SortedSet<Integer>> dependencies = Walk.dependencies(WALK);

        for (int i = 0; i < WALK.size(); i++) {
            assertThat(dependencies.get(i)).allMatch(earlier(i));
        }
        assertThat(dependencies.getFirst()).isEmpty();
    }

    private static Predicate<Integer> earlier(int than) {
        return action -> action < than;
    }
}
