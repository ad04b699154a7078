package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Slice;
import dev.pando.checkpoint.format.TensorPart;
import dev.pando.checkpoint.storage.FolderStorage;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.LossHistory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Saved under any layout, loaded under any other: pipeline stages, tensor shards, optimizer shards, replicas.
class ReshardTest {
    private static final int LAYERS = 4;
    private static final long C = 24;

    /// Several files and chunks a tensor, chunks that end within rows.
    private static final CheckpointSettings SETTINGS = new CheckpointSettings(1, 4096, 1024, 1, 0);

    @TempDir Path folder;

    /// The tensors of a tiny InternLM2, and along which dimension tensor shards cut them; -1: held by all.
    private static final Map<String, Tensor> MODEL = model();

    private record Tensor(List<Long> shape, int cut, int layer) {}

    private static Map<String, Tensor> model() {
        Map<String, Tensor> model = new LinkedHashMap<>();
        model.put("model.tok_embeddings.weight", new Tensor(List.of(60L, C), 1, 0));
        for (int layer = 0; layer < LAYERS; layer++) {
            String name = "model.layers." + layer;
            model.put(name + ".attention.wqkv.weight", new Tensor(List.of(48L, C), 0, layer));
            model.put(name + ".attention.wo.weight", new Tensor(List.of(C, C), 1, layer));
            model.put(name + ".feed_forward.w1.weight", new Tensor(List.of(36L, C), 0, layer));
            model.put(name + ".feed_forward.w2.weight", new Tensor(List.of(C, 36L), 1, layer));
            model.put(name + ".attention_norm.weight", new Tensor(List.of(C), -1, layer));
        }
        model.put("model.norm.weight", new Tensor(List.of(C), -1, LAYERS - 1));
        model.put("output.weight", new Tensor(List.of(60L, C), 0, LAYERS - 1));
        return model;
    }

    /// @param stages of the pipeline
    /// @param shards of each tensor
    /// @param optimizer shards of the moments, ranges of what a tensor shard holds
    private record Layout(int stages, int shards, int optimizer) {
        /// What one rank holds, its memory zero.
        List<TensorPart> parts(int stage, int shard, int rank) {
            List<TensorPart> parts = new ArrayList<>();
            MODEL.forEach((name, tensor) -> {
                if (tensor.layer * stages / LAYERS == stage) {
                    Slice held = held(tensor, shard);
                    parts.add(part(name, tensor, held));
                    owned(held, rank).forEach(slice -> parts.add(part("exp_avg/" + name, tensor, slice)));
                    owned(held, rank).forEach(slice -> parts.add(part("exp_avg_sq/" + name, tensor, slice)));
                }
            });
            return parts;
        }

        private Slice held(Tensor tensor, int shard) {
            if (tensor.cut < 0) {
                return Slice.whole(tensor.shape);
            }
            long size = tensor.shape.get(tensor.cut) / shards;
            return Slice.along(tensor.shape, tensor.cut, shard * size, (shard + 1) * size);
        }

        /// The rank's even share of the packed slice, as ranges of the tensor where it begins or ends within a run.
        private List<Slice> owned(Slice held, int rank) {
            long from = held.elements() * rank / optimizer;
            long to = held.elements() * (rank + 1) / optimizer;
            List<Slice> slices = new ArrayList<>();
            while (from < to) {
                long run = from / held.run();
                long end = Math.min(to, (run + 1) * held.run());
                long begin = held.start() + run * held.stride() + from - run * held.run();
                slices.add(Slice.range(begin, begin + end - from));
                from = end;
            }
            return slices;
        }

        List<List<TensorPart>> ranks() {
            List<List<TensorPart>> ranks = new ArrayList<>();
            for (int stage = 0; stage < stages; stage++) {
                for (int shard = 0; shard < shards; shard++) {
                    for (int rank = 0; rank < optimizer; rank++) {
                        ranks.add(parts(stage, shard, rank));
                    }
                }
            }
            return ranks;
        }
    }

    private static TensorPart part(String name, Tensor tensor, Slice slice) {
        return new TensorPart(
                name,
                tensor.shape,
                slice,
                Arena.ofAuto()
                        .allocate(Math.max(1, slice.elements()) * Float.BYTES, 64)
                        .asSlice(0, slice.elements() * Float.BYTES));
    }

    private static int value(String name, long element) {
        return name.hashCode() * 31 + (int) element * 7919;
    }

    private static void fill(TensorPart part) {
        part.slice()
                .walk(
                        0,
                        Long.MAX_VALUE,
                        (at, inPart, length) -> {
                            for (long i = 0; i < length; i++) {
                                part.data().setAtIndex(ValueLayout.JAVA_INT, inPart + i, value(part.name(), at + i));
                            }
                        });
    }

    private static void assertFilled(TensorPart part) {
        MemorySegment expected = Arena.ofAuto().allocate(part.data().byteSize() + 1, 64);
        TensorPart twin =
                new TensorPart(part.name(), part.shape(), part.slice(), expected.asSlice(0, part.data().byteSize()));
        fill(twin);
        assertThat(part.data().mismatch(twin.data())).as(part.name() + part.slice()).isEqualTo(-1);
    }

    private static List<Layout> layouts() {
        List<Layout> layouts = new ArrayList<>();
        for (int stages : new int[] {1, 2, 4}) {
            for (int shards : new int[] {1, 2, 3, 4, 6}) {
                for (int optimizer : new int[] {1, 3}) {
                    layouts.add(new Layout(stages, shards, optimizer));
                }
            }
        }
        return layouts;
    }

    private static Saved save(Checkpoints checkpoints, Layout layout, Map<String, String> attributes) {
        try (SharedCheckpoint shared = checkpoints.begin(5, LossHistory.EMPTY, attributes)) {
            List<Contribution> contributions = new ArrayList<>();
            for (List<TensorPart> parts : layout.ranks()) {
                parts.forEach(ReshardTest::fill);
                contributions.add(checkpoints.contribute(shared.ticket(), parts));
            }
            return shared.commit(contributions);
        }
    }

    /// Many files are written here, and none of them needs a disk to sync to.
    private static Checkpoints inMemory() {
        return new Checkpoints(new FolderStorage(new SimulatedDisk(1), Path.of("/checkpoints")), "a", SETTINGS);
    }

    @Test
    void shouldGiveTheSameBitsUnderAnyOtherLayout() {
        assertThat(layouts()).hasSize(30);
        int pairs = 0;
        try (Checkpoints checkpoints = inMemory()) {
            for (Layout from : layouts()) {
                Saved saved = save(checkpoints, from, Map.of("layout", from.toString()));
                for (Layout to : layouts()) {
                    if (!to.equals(from)) {
                        List<List<TensorPart>> ranks = to.ranks();
                        if (ranks.size() > 4) { // for the sake of time: one call of many parts
                            ranks = List.of(ranks.stream().flatMap(List::stream).toList());
                        }
                        for (List<TensorPart> parts : ranks) {
                            checkpoints.loadParts(saved, parts);
                            parts.forEach(ReshardTest::assertFilled);
                        }
                        pairs++;
                    }
                }
            }
            assertThat(checkpoints.newest().damaged()).isEmpty();
        }
        assertThat(pairs).isEqualTo(870);
    }

    @Test
    void shouldNameTheTensorOfWhichAPartIsMissing() {
        Layout layout = new Layout(2, 2, 1);
        try (Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS);
                SharedCheckpoint shared = checkpoints.begin(5, LossHistory.EMPTY, Map.of())) {
            Contribution one = checkpoints.contribute(shared.ticket(), layout.parts(0, 0, 0));

            assertThatThrownBy(() -> shared.commit(List.of(one)))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            "the checkpoint of step 5 is not whole: tensor model.tok_embeddings.weight"
                                    + " is there with 720 of 1440 elements");
            assertThat(checkpoints.list()).isEmpty();
        }
    }

    @Test
    void shouldRefuseTwoReplicasThatDiffer() {
        Layout layout = new Layout(1, 1, 1);
        try (Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS);
                SharedCheckpoint shared = checkpoints.begin(5, LossHistory.EMPTY, Map.of())) {
            List<TensorPart> parts = layout.parts(0, 0, 0);
            parts.forEach(ReshardTest::fill);
            Contribution one = checkpoints.contribute(shared.ticket(), parts);
            parts.getLast().data().setAtIndex(ValueLayout.JAVA_INT, 100, 1);
            Contribution other = checkpoints.contribute(shared.ticket(), parts);

            assertThatThrownBy(() -> shared.commit(List.of(one, other)))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageStartingWith(
                            "the checkpoint of step 5 is not whole: two writers differ in what tensor"
                                    + " exp_avg_sq/output.weight");
            assertThat(shared.commit(List.of(one, one)).step()).isEqualTo(5);
        }
    }

    @Test
    void shouldLeaveNothingOfWhatWasNotCommitted() throws IOException {
        try (Checkpoints checkpoints = Checkpoints.in(folder, "a", SETTINGS)) {
            String ticket;
            try (SharedCheckpoint shared = checkpoints.begin(5, LossHistory.EMPTY, Map.of())) {
                ticket = shared.ticket();
                checkpoints.contribute(ticket, new Layout(1, 1, 1).parts(0, 0, 0));
            }

            try (Stream<Path> left = Files.list(folder)) {
                assertThat(left).isEmpty();
            }
            assertThatThrownBy(() -> checkpoints.contribute(ticket, List.of()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("is missing");
        }
    }
}
