package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Shapes;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.ops.CpuOps;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.ModelTrainer;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.RandomTokens;
import dev.pando.training.step.TrainerState;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A run of one shape goes on from the checkpoint of a run of another, to the bits of a run that was never interrupted.
class ContinuationTest {
    private static final ModelConfig MODEL = new ModelConfig(53, 24, 4, 4, 2, 30, 1e4, 1e-5);
    private static final Recipe RECIPE = new Recipe(6, 1e-2, 0.1, 2, 0.9, 0.95, 1e-8, 0.1, false, 0.5);
    private static final BatchPlan PLAN = new BatchPlan(3, 1, 2, 11);
    private static final CheckpointSettings SETTINGS = new CheckpointSettings(3, 4096, 512, 2, 0);

    @TempDir Path folder;

    /// @param stages of the pipeline, each on separate nodes
    /// @param replicas of each stage; each of them holds an even share of the stage's moments
    private record Grove(int stages, int replicas) {
        List<List<TensorPart>> nodes(TrainerState state) {
            List<List<TensorPart>> nodes = new ArrayList<>();
            for (int stage = 0; stage < stages; stage++) {
                for (int replica = 0; replica < replicas; replica++) {
                    nodes.add(parts(state, stage, replica));
                }
            }
            return nodes;
        }

        private List<TensorPart> parts(TrainerState state, int stage, int replica) {
            List<TensorPart> parts = new ArrayList<>();
            for (TrainerState.Span span : state.spans()) {
                if (stage(span.name()) == stage) {
                    boolean moment = span.name().startsWith("exp_avg");
                    parts.add(moment ? share(span, replica) : whole(span));
                }
            }
            return parts;
        }

        private int stage(String name) {
            int at = name.indexOf("layers.");
            int layer =
                    at >= 0
                            ? Integer.parseInt(name.substring(at + 7).split("\\.")[0])
                            : name.contains("tok_embeddings") ? 0 : MODEL.layers() - 1;
            return layer * stages / MODEL.layers();
        }

        private TensorPart share(TrainerState.Span span, int replica) {
            long elements = Shapes.elements(span.shape());
            long from = elements * replica / replicas;
            long to = elements * (replica + 1) / replicas;
            return new TensorPart(
                    span.name(),
                    span.shape(),
                    Slice.range(from, to),
                    span.data().asSlice(from * Float.BYTES, (to - from) * Float.BYTES));
        }
    }

    private static TensorPart whole(TrainerState.Span span) {
        return TensorPart.whole(span.name(), span.shape(), span.data());
    }

    private static ModelTrainer trainer(Arena arena, int seed, int threads) {
        return new ModelTrainer(
                MODEL,
                Keeping.ALL,
                RECIPE,
                PLAN,
                new RandomTokens(5, MODEL.vocabulary(), 9),
                seed,
                new CpuOps("test", threads),
                Memory.of(arena));
    }

    private static String undisturbed() {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(arena, 11, 1)) {
            PlainLoop loop = new PlainLoop(trainer, PLAN.shards(), Memory.of(arena));
            loop.run(6, _ -> {});
            return loop.hash();
        }
    }

    private Saved first(Grove grove) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(arena, 11, 1);
                Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS)) {
            new PlainLoop(trainer, PLAN.shards(), Memory.of(arena)).run(3, _ -> {});
            TrainerState state = trainer.state();
            try (SharedCheckpoint shared = checkpoints.begin(state.step(), state.history(), Map.of())) {
                List<Contribution> brought = new ArrayList<>();
                for (List<TensorPart> node : grove.nodes(state)) {
                    brought.add(checkpoints.contribute(shared.ticket(), node));
                }
                return shared.commit(brought);
            }
        }
    }

    /// Other nodes, other initial weights, another number of threads.
    private String second(Saved saved, Grove grove) {
        try (Arena arena = Arena.ofShared();
                ModelTrainer trainer = trainer(arena, 12, 2);
                Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS)) {
            for (List<TensorPart> node : grove.nodes(trainer.state())) {
                checkpoints.loadParts(saved, node);
            }
            trainer.restored(saved.step(), saved.history());
            PlainLoop loop = new PlainLoop(trainer, PLAN.shards(), Memory.of(arena));
            loop.run(6, _ -> {});
            return loop.hash();
        }
    }

    @Test
    void shouldGoOnToTheSameBitsWithOtherNodesAndStages() {
        String undisturbed = undisturbed();

        Saved saved = first(new Grove(2, 3));

        assertThat(second(saved, new Grove(4, 1))).isEqualTo(undisturbed);
        assertThat(second(saved, new Grove(1, 2))).isEqualTo(undisturbed);
        assertThat(second(saved, new Grove(1, 1))).isEqualTo(undisturbed);
    }
}
