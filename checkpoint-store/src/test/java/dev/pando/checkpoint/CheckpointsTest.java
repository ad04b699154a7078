package dev.pando.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.format.Dtype;
import dev.pando.checkpoint.format.ManifestFormat;
import dev.pando.checkpoint.format.Safetensors;
import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.LocalDisk;
import dev.pando.checkpoint.io.UnknownFormatException;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.CheckpointStore.Newest;
import dev.pando.training.step.CheckpointStore.Saved;
import dev.pando.training.step.TrainerState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The store on a real folder.
class CheckpointsTest {
    @TempDir Path folder;

    private Checkpoints open(int keep) {
        return Checkpoints.in(folder, "a", new CheckpointSettings(keep, 192, 64, 2, 0));
    }

    private static TrainerState load(Checkpoints checkpoints, Saved saved) {
        TrainerState into = States.zeros(saved.step());
        checkpoints.load(saved, into.spans());
        return into;
    }

    private static TrainerState with(TrainerState state, int index, TrainerState.Span span) {
        List<TrainerState.Span> spans = new ArrayList<>(state.spans());
        spans.set(index, span);
        return new TrainerState(state.step(), state.history(), spans);
    }

    @Test
    void shouldGiveBackEveryBit() {
        try (Checkpoints checkpoints = open(3)) {
            Saved saved = checkpoints.save(States.after(7), States.ATTRIBUTES);

            Newest newest = checkpoints.newest();

            assertThat(newest.saved()).contains(saved);
            assertThat(newest.damaged()).isEmpty();
            assertThat(saved.attributes()).isEqualTo(States.ATTRIBUTES);
            assertThat(saved.history()).isEqualTo(States.history(7));
            States.assertSame(load(checkpoints, saved), States.after(7));
        }
    }

    @Test
    void shouldGiveBackEveryBitOfMemoryThatOnlyOneThreadMayTouchOrThatIsAnArray() {
        try (Arena mine = Arena.ofConfined();
                Checkpoints checkpoints = open(3)) {
            MemorySegment confined = mine.allocate(300 * Float.BYTES);
            MemorySegment array = MemorySegment.ofArray(new float[300]);
            confined.fill((byte) 3);
            array.fill((byte) 5);
            List<TrainerState.Span> spans =
                    List.of(
                            new TrainerState.Span("confined", List.of(300L), confined),
                            new TrainerState.Span("array", List.of(300L), array));

            Saved saved = checkpoints.save(new TrainerState(1, States.history(1), spans), Map.of());
            confined.fill((byte) 0);
            array.fill((byte) 0);
            checkpoints.load(saved, spans);

            assertThat(confined.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 1199)).isEqualTo((byte) 3);
            assertThat(array.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 1199)).isEqualTo((byte) 5);
        }
    }

    @Test
    void shouldBeEmptyWhereNothingWasSaved() {
        try (Checkpoints checkpoints = Checkpoints.in(folder.resolve("none"), "a", CheckpointSettings.DEFAULT)) {
            assertThat(checkpoints.list()).isEmpty();
            assertThat(checkpoints.newest()).isEqualTo(new Newest(java.util.Optional.empty(), List.of()));
        }
    }

    @Test
    void shouldKeepTheNewestAndRemoveTheRest() throws IOException {
        try (Checkpoints checkpoints = open(2)) {
            for (long step : new long[] {10, 20, 30, 40}) {
                checkpoints.save(States.after(step), Map.of());
            }

            assertThat(checkpoints.list()).extracting(Saved::step).containsExactly(40L, 30L);
            try (Stream<Path> left = Files.list(folder)) {
                assertThat(left).hasSize(2);
            }
        }
    }

    @Test
    void shouldNotCountDamagedOnesNorRemoveWhatWasJustSavedBelowThem() throws IOException {
        try (Checkpoints checkpoints = open(2)) {
            checkpoints.save(States.after(10), Map.of());
            damage(checkpoints.save(States.after(20), Map.of()));
            assertThat(checkpoints.newest().damaged()).hasSize(1);

            checkpoints.save(States.after(15), Map.of());

            assertThat(checkpoints.list()).extracting(Saved::step).containsExactly(20L, 15L, 10L);
            assertThat(checkpoints.newest().saved().orElseThrow().step()).isEqualTo(15);
        }
    }

    private void damage(Saved saved) throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve(saved.id()))) {
            Path file =
                    files.filter(path -> path.toString().endsWith(".safetensors")).sorted().findFirst().orElseThrow();
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 4;
            Files.write(file, bytes);
        }
    }

    @Test
    void shouldSayThatAllAreDamagedRatherThanThatThereAreNone() throws IOException {
        try (Checkpoints checkpoints = open(2)) {
            damage(checkpoints.save(States.after(10), Map.of()));

            Newest newest = checkpoints.newest();

            assertThat(newest.saved()).isEmpty();
            assertThat(newest.damaged()).hasSize(1);
        }
    }

    @Test
    void shouldTakeTheLastPublishedOfTwoOfTheSameStep() {
        try (Checkpoints checkpoints = open(5)) {
            checkpoints.save(States.after(10), Map.of("config", "a"));
            checkpoints.save(States.after(10), Map.of("config", "b"));
            checkpoints.save(States.after(10), Map.of("config", "a"));

            assertThat(checkpoints.newest().saved().orElseThrow().attributes()).isEqualTo(Map.of("config", "a"));
        }
    }

    @Test
    void shouldNameTheTensorThatIsMisshapen() {
        try (Checkpoints checkpoints = open(2)) {
            TrainerState state = States.after(1);
            Saved saved = checkpoints.save(state, Map.of());
            TrainerState.Span span = state.spans().get(1);
            TrainerState other = with(state, 1, new TrainerState.Span(span.name(), List.of(5L, 13L), span.data()));

            assertThatThrownBy(() -> checkpoints.load(saved, other.spans()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            "tensor model.layers.0.feed_forward.w1.weight is 13 x 5 in checkpoint "
                                    + saved.id()
                                    + " and 5 x 13 in this model");
        }
    }

    @Test
    void shouldNameTheTensorsThatAreMissingOrRenamed() {
        try (Checkpoints checkpoints = open(2)) {
            TrainerState state = States.after(1);
            Saved saved = checkpoints.save(state, Map.of());
            TrainerState.Span span = state.spans().get(1);
            TrainerState other = with(state, 1, new TrainerState.Span("w1", span.shape(), span.data()));

            assertThatThrownBy(() -> checkpoints.load(saved, other.spans()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            "checkpoint "
                                    + saved.id()
                                    + " lacks tensor w1; it has model.layers.0.feed_forward.w1.weight of the same"
                                    + " shape, which this model does not have");
        }
    }

    @Test
    void shouldNameTheTensorsThatAreLeftOverUnlessAskedForSome() {
        try (Checkpoints checkpoints = open(2)) {
            TrainerState state = States.after(1);
            Saved saved = checkpoints.save(state, Map.of());
            List<TrainerState.Span> weights = States.zeros(1).spans().subList(0, 5);

            assertThatThrownBy(() -> checkpoints.load(saved, weights))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            "checkpoint "
                                    + saved.id()
                                    + " holds tensor exp_avg/empty and 9 more,"
                                    + " which this model does not have");
            checkpoints.loadOnly(saved, weights);
            States.assertSame(
                    new TrainerState(1, saved.history(), weights),
                    new TrainerState(1, saved.history(), state.spans().subList(0, 5)));
        }
    }

    @Test
    void shouldRefuseAnotherJobsFolder() {
        try (Checkpoints checkpoints = open(2);
                Checkpoints other = Checkpoints.in(folder, "b", CheckpointSettings.DEFAULT)) {
            Saved saved = checkpoints.save(States.after(1), Map.of());
            String sentence =
                    folder
                            + "/"
                            + saved.id()
                            + " belongs to job a, not to b: set another pando.job.checkpoint.folder for this job";

            assertThatThrownBy(other::newest).isInstanceOf(CheckpointException.class).hasMessage(sentence);
            assertThatThrownBy(() -> other.save(States.after(9), Map.of()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(sentence);
        }
    }

    @Test
    void shouldRefuseAVersionFromTheFutureRatherThanPassItOver() throws IOException {
        try (Checkpoints checkpoints = open(2)) {
            checkpoints.save(States.after(1), Map.of());
            Path later = Files.createDirectory(folder.resolve("step-0000000002-0123456789ab"));
            Files.write(
                    later.resolve("manifest.json"),
                    ManifestFormat.seal("{\"format\":\"pando.checkpoint\",\"version\":7,\"new\":{},\n"));

            assertThatThrownBy(checkpoints::newest)
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage(
                            later
                                    + " was written by a newer Pando (format 7, this one reads up to "
                                    + ManifestFormat.VERSION
                                    + "): use that one");
        }
    }

    @Test
    void shouldPassOverWhatIsNoCheckpoint() throws IOException {
        try (Checkpoints checkpoints = open(2)) {
            Saved saved = checkpoints.save(States.after(1), Map.of());
            Path alien = Files.createDirectory(folder.resolve("step-0000000002-0123456789ab"));
            Files.writeString(alien.resolve("manifest.json"), "{\"tensors\": []}");
            Files.createDirectory(folder.resolve("notes"));

            Newest newest = checkpoints.newest();

            assertThat(newest.saved()).contains(saved);
            assertThat(newest.damaged())
                    .containsExactly(
                            "checkpoint "
                                    + alien.getFileName()
                                    + " is damaged: its manifest is cut short or not one of Pando's");
        }
    }

    @Test
    void shouldSayWhenTheFolderIsAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "x");
        try (Checkpoints checkpoints = Checkpoints.in(file, "a", CheckpointSettings.DEFAULT)) {
            assertThatThrownBy(() -> checkpoints.save(States.after(1), Map.of()))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessage("the checkpoint of step 1 was not saved to " + file + ": " + file + " is no folder");
        }
    }

    @Test
    void shouldLetSeveralWritersAndReadersWorkAtOnce() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int n = 0; n < 3; n++) {
                tasks.add(() -> {
                    try (Checkpoints writer = open(3)) {
                        for (long step = 1; step <= 12; step++) {
                            Saved saved = writer.save(States.after(step), Map.of());
                            assertThat(saved.step()).isEqualTo(step);
                        }
                    }
                    return null;
                });
                tasks.add(() -> {
                    try (Checkpoints reader = Checkpoints.in(folder, "a", new CheckpointSettings(3, 192, 64, 1, 0))) {
                        long last = 0;
                        while (last < 12) {
                            Newest newest = reader.newest();
                            assertThat(newest.damaged()).isEmpty();
                            reader.list();
                            last = Math.max(last, newest.saved().map(Saved::step).orElse(0L));
                        }
                    }
                    return null;
                });
            }
            for (Future<Void> done : threads.invokeAll(tasks)) {
                done.get();
            }
        }
        try (Checkpoints checkpoints = open(3)) {
            Saved newest = checkpoints.newest().saved().orElseThrow();
            assertThat(newest.step()).isEqualTo(12);
            States.assertSame(load(checkpoints, newest), States.after(12));
            try (Stream<Path> left = Files.list(folder)) {
                assertThat(left.map(path -> path.getFileName().toString())).allMatch(CheckpointName::isOne);
            }
        }
    }

    @Test
    void shouldPutLargeTensorsInSeveralFilesAndSmallOnesTogether() throws IOException {
        MemorySegment data = Arena.ofAuto().allocate(1000 * Float.BYTES);
        List<TrainerState.Span> spans =
                IntStream.range(0, 3).mapToObj(n -> new TrainerState.Span("t" + n, List.of(10L, 100L), data)).toList();
        try (Checkpoints checkpoints = Checkpoints.in(folder, "a", new CheckpointSettings(1, 1536, 64, 1, 0))) {
            Saved saved = checkpoints.save(new TrainerState(0, States.history(0), spans), Map.of());

            try (Stream<Path> files = Files.list(folder.resolve(saved.id()))) {
                assertThat(files.filter(path -> path.toString().endsWith(".safetensors")))
                        .hasSizeGreaterThan(6)
                        .allSatisfy(path -> {
                            try (Disk.Input file = new LocalDisk().open(path)) {
                                Safetensors.Header header = Safetensors.read(file);
                                assertThat(file.bytes() - header.bytes()).isLessThanOrEqualTo(1536);
                                assertThat(header.entries())
                                        .allMatch(entry -> entry.offset() % 64 == 0 || entry.dtype() == Dtype.U8);
                            }
                        });
            }
        }
    }

    @Test
    void shouldSayWhatIsWrongInAManifestThatIsSealedButNonsense() {
        byte[] sealed = ManifestFormat.seal("{\"format\":\"pando.checkpoint\",\"version\":1,\"job\":\"a\",\n");

        assertThatThrownBy(() -> ManifestFormat.decode(sealed))
                .isInstanceOf(UnknownFormatException.class)
                .hasMessageStartingWith("has a manifest that says nonsense: ");
        assertThat(new String(sealed, StandardCharsets.UTF_8)).endsWith("\"}\n");
    }
}
