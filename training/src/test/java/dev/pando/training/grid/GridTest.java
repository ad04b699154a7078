package dev.pando.training.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.model.ModelConfig;
import dev.pando.training.step.ShardTree;
import dev.pando.training.tensor.Part;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GridTest {
    private static final ModelConfig MODEL = new ModelConfig(211, 96, 3, 8, 4, 90, 1e4, 1e-5);

    @Test
    void shouldCutAModelIntoParts() {
        assertThat(new Grid(2, 1).parts(2))
                .containsExactly(
                        new Part(0, 0),
                        new Part(1, 0),
                        new Part(1, 1),
                        new Part(2, 0),
                        new Part(2, 1),
                        new Part(3, 0),
                        new Part(3, 1));
        assertThat(Grid.WHOLE.parts(2)).containsExactly(new Part(0, 0), new Part(1, 0), new Part(2, 0), new Part(3, 0));
    }

    /// So that a collective that knows batch shards alone adds leaves in the one order of all leaves.
    @Test
    void shouldHaveTheLeavesOfABatchShardInOneNodeOfTheTreeOfAllLeaves() {
        for (int chunks = 1; chunks <= 16; chunks *= 2) {
            Grid grid = new Grid(1, chunks);
            for (int shards = 1; shards < 40; shards++) {
                same(new ShardTree(shards).root(), new ShardTree(grid.leaf(shards, 0)).root(), grid);
            }
        }
    }

    private static void same(ShardTree.Node ofShards, ShardTree.Node ofLeaves, Grid grid) {
        assertThat(ofLeaves.first()).isEqualTo(grid.leaf(ofShards.first(), 0));
        assertThat(ofLeaves.end()).isEqualTo(grid.leaf(ofShards.end(), 0));
        if (!ofShards.isLeaf()) {
            same(ofShards.left(), ofLeaves.left(), grid);
            same(ofShards.right(), ofLeaves.right(), grid);
        }
    }

    @Test
    void shouldGiveEveryTokenToOneShard() {
        Grid grid = new Grid(3, 1);

        assertThat(grid.firstToken(211, 0)).isZero();
        assertThat(grid.firstToken(211, 1)).isEqualTo(70);
        assertThat(grid.firstToken(211, 2)).isEqualTo(140);
        assertThat(grid.firstToken(211, 3)).isEqualTo(211);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "8 | 1 | 96 | tensor-shards (8) must divide pando.job.model.kv-heads (4)",
                "4 | 1 | 96 | tensor-shards (4) must divide pando.job.model.intermediate (90)",
                "2 | 4 | 90 | sequence-chunks (4) must divide pando.job.batch.length (90)",
            })
    void shouldRefuseWhatDoesNotDivide(int tensorShards, int sequenceChunks, int length, String sentence) {
        assertThatThrownBy(() -> new Grid(tensorShards, sequenceChunks).check(MODEL, length)).hasMessage(sentence);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | 1 | tensor-shards must be at least 1, not 0",
                "1 | 3 | sequence-chunks must be a power of two, as in 1, 2 or 4, not 3",
                "1 | 0 | sequence-chunks must be a power of two, as in 1, 2 or 4, not 0",
                "1 | -2147483648 | sequence-chunks must be a power of two, as in 1, 2 or 4, not -2147483648",
            })
    void shouldRefuseWhatIsNoGrid(int tensorShards, int sequenceChunks, String sentence) {
        assertThatThrownBy(() -> new Grid(tensorShards, sequenceChunks)).hasMessage(sentence);
    }

    @Test
    void shouldNameAnEdgeInEveryMicrobatch() {
        Edge edge = new Edge(0, 1, 0, 2, Edge.Kind.KV, 3);

        assertThat(edge.in(new Grid(4, 2), 7, 5, 6)).isEqualTo(new Edge(7, 11, 6, 2, Edge.Kind.KV, 3));
    }
}
