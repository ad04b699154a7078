package dev.pando.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.training.tokenizer.BpeTrainer;
import dev.pando.training.tokenizer.TokenizerException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreparationTest {
    @TempDir Path folder;

    private Path corpus;
    private Path prepared;

    @BeforeEach
    void aCorpus() throws IOException {
        corpus = Files.createDirectory(folder.resolve("corpus"));
        prepared = folder.resolve("runs/prepared");
        Files.writeString(corpus.resolve("a.txt"), "An aspen grove is one tree of many stems, many stems.\n");
        Files.writeString(corpus.resolve("b.java"), "class Stem { Stem stem; <s> </s> }\r\n\r\n\t森林, 森林\n");
        Files.writeString(corpus.resolve("c.md"), "x");
    }

    @Test
    void shouldKeepEveryDocumentToTheByteBetweenItsBeginAndItsEnd() throws IOException {
        try (PreparedData data = PreparedData.prepare(config(), Progress.NONE)) {
            assertThat(data.shards().documents()).isEqualTo(3);
            List<String> names = List.of("a.txt", "b.java", "c.md");
            for (int document = 0; document < 3; document++) {
                int[] ids = tokens(data.shards(), document);
                assertThat(ids[0]).isEqualTo(data.tokenizer().bos());
                assertThat(ids[ids.length - 1]).isEqualTo(data.tokenizer().eos());
                byte[] text = Files.readAllBytes(corpus.resolve(names.get(document)));
                assertThat(data.tokenizer().decodeBytes(ids)).isEqualTo(text);
            }
            assertThat(data.statistics().documents()).isEqualTo(3);
            assertThat(data.statistics().tokens()).isEqualTo(data.shards().tokens());
            assertThat(data.statistics().bytes()).isEqualTo(Corpus.read(config(), Progress.NONE).bytes());
            assertThat(data.statistics().reused()).isFalse();
        }
    }

    @Test
    void shouldNotTakeAByteOrderMarkForText() throws IOException {
        Files.writeString(corpus.resolve("c.md"), "\ufeffx");

        try (PreparedData data = PreparedData.prepare(config(), Progress.NONE)) {
            assertThat(data.tokenizer().decode(tokens(data.shards(), 2))).isEqualTo("x");
        }
    }

    @Test
    void shouldNameEveryFileThatItLeftOut() throws IOException {
        Files.write(corpus.resolve("picture.png"), new byte[] {0, 1});
        Files.writeString(corpus.resolve(".env"), "TOKEN=secret\n");

        try (PreparedData data = PreparedData.prepare(config(), Progress.NONE)) {
            assertThat(data.leftOut()).content().contains(".env\thidden\n").contains("picture.png\tbinary\n");
        }
    }

    @Test
    void shouldReuseWhatIsPreparedWhenNothingChanged() throws IOException {
        String digest = prepare(config());
        List<String> before = contents();
        List<Progress.Phase> phases = new ArrayList<>();

        Progress progress = (phase, documents, bytes, total) -> phases.add(phase);
        try (PreparedData again = PreparedData.prepare(config(), progress)) {
            assertThat(again.statistics().reused()).isTrue();
            assertThat(again.digest()).isEqualTo(digest);
            assertThat(again.statistics().documents()).isEqualTo(3);
        }

        assertThat(phases).containsOnly(Progress.Phase.READING);
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void shouldOpenWhatIsPreparedWhenItsCorpusIsNoLongerThere() throws IOException {
        String digest = prepare(config());
        Files.delete(corpus.resolve("a.txt"));

        try (PreparedData data = PreparedData.open(prepared, digest)) {
            assertThat(data.digest()).isEqualTo(digest);
            assertThat(data.shards().documents()).isEqualTo(3);
        }

        Path home = prepared.resolve(digest.substring(0, 16));
        Files.writeString(home.resolve("documents.bin"), "");
        assertThatThrownBy(() -> PreparedData.open(prepared, digest))
                .isInstanceOf(DataException.class)
                .hasMessage(
                        "the prepared data "
                                + home
                                + " is damaged: prepare it again from the same files and the same config, or start a"
                                + " new run");
        assertThatThrownBy(() -> PreparedData.open(prepared, "0".repeat(64))).hasMessageContaining("0000 is gone: ");
    }

    @Test
    void shouldMakeTheSameFilesAnywhere() throws IOException {
        String digest = prepare(config());
        DataConfig elsewhere = config(folder.resolve("elsewhere"), Optional.empty(), 300);

        assertThat(prepare(elsewhere)).isEqualTo(digest);

        Path first = prepared.resolve(digest.substring(0, 16));
        Path second = elsewhere.prepared().resolve(digest.substring(0, 16));
        List<String> files =
                List.of(
                        "manifest.json",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "tokens-00000.bin",
                        "documents.bin");
        for (String file : files) {
            assertThat(first.resolve(file)).hasSameBinaryContentAs(second.resolve(file));
        }
    }

    @Test
    void shouldPrepareAnewWhenAFileOrASettingChanged() throws IOException {
        String digest = prepare(config());
        String otherVocabulary = prepare(config(prepared, Optional.empty(), 301));
        Files.writeString(corpus.resolve("c.md"), "y");
        String otherText = prepare(config());
        Files.move(corpus.resolve("c.md"), corpus.resolve("a.md"));
        String otherOrder = prepare(config());

        assertThat(List.of(digest, otherVocabulary, otherText, otherOrder)).doesNotHaveDuplicates();
        assertThat(contents()).hasSize(4);
    }

    @Test
    void shouldUseAGivenTokenizer() {
        Path file = folder.resolve("tokenizer");
        new BpeTrainer(280).train().save(file);

        try (PreparedData data = PreparedData.prepare(config(prepared, Optional.of(file), 0), Progress.NONE)) {
            assertThat(data.tokenizer().vocabularySize()).isEqualTo(280);
            assertThat(data.shards().length(2)).isEqualTo(3);
        }
        assertThatThrownBy(() -> prepare(config(prepared, Optional.of(folder.resolve("nowhere.json")), 0)))
                .isInstanceOf(TokenizerException.class)
                .hasMessageContaining("there is no tokenizer at");
    }

    @Test
    void shouldNotTrustPreparedDataThatIsDamagedAtAnyByte() throws IOException {
        String digest = prepare(config());
        Path home = prepared.resolve(digest.substring(0, 16));
        List<Path> files;
        try (var list = Files.list(home)) {
            files = list.sorted().toList();
        }
        assertThat(files).hasSize(5);
        Random random = new Random(20);
        for (Path file : files) {
            byte[] whole = Files.readAllBytes(file);
            for (int round = 0; round < 6; round++) {
                byte[] torn = round < 3 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
                if (round >= 3) {
                    torn[random.nextInt(whole.length)] ^= 0x04;
                }
                Files.write(file, torn);

                assertThat(prepare(config())).isEqualTo(digest);

                assertThat(Manifest.readValid(home, digest)).isPresent();
                assertThat(file).hasBinaryContent(whole);
            }
        }
        assertThat(contents()).hasSize(1);
    }

    @Test
    void shouldPrepareAnewWhenAFileIsMissing() throws IOException {
        String digest = prepare(config());
        Files.delete(prepared.resolve(digest.substring(0, 16)).resolve("tokens-00000.bin"));

        assertThat(prepare(config())).isEqualTo(digest);
    }

    @Test
    void shouldSplitTokensIntoShardsThatReadAsOne() throws IOException {
        for (int i = 0; i < 20; i++) {
            Files.writeString(
                    corpus.resolve(String.format(Locale.ROOT, "%02d.txt", i)), "text " + "x".repeat(i) + "\n");
        }

        DataConfig elsewhere = config(folder.resolve("elsewhere"), Optional.empty(), 300);
        try (PreparedData one = new Preparation(config(), Progress.NONE).run();
                PreparedData many = new Preparation(elsewhere, Progress.NONE, Disk.REAL, 40).run()) {
            assertThat(many.folder().resolve("tokens-00005.bin")).exists();
            for (int document = 0; document < one.shards().documents(); document++) {
                assertThat(tokens(many.shards(), document)).containsExactly(tokens(one.shards(), document));
            }
        }
    }

    @Test
    void shouldLeaveNothingBehindWhenTheDiskIsFull() throws IOException {
        for (long room : new long[] {0, 100, 600}) {
            assertThatThrownBy(() -> new Preparation(config(), Progress.NONE, diskOf(room), 1 << 20).run())
                    .isInstanceOf(DataException.class)
                    .hasMessage(
                            "cannot keep prepared data in "
                                    + prepared
                                    + ": No space left on device;"
                                    + " make room there, or set data.prepared to a folder that can be written to");

            assertThat(contents()).isEmpty();
        }
    }

    @Test
    void shouldSayThatItCannotWriteThere() throws IOException {
        Path file = Files.writeString(folder.resolve("a-file"), "");

        assertThatThrownBy(() -> prepare(config(file.resolve("prepared"), Optional.empty(), 300)))
                .isInstanceOf(DataException.class)
                .hasMessage(
                        "cannot keep prepared data in "
                                + file
                                + "/prepared: Not a directory; make room there,"
                                + " or set data.prepared to a folder that can be written to");
        assertThatThrownBy(() -> prepare(config(file, Optional.empty(), 300)))
                .isInstanceOf(DataException.class)
                .hasMessageStartingWith("cannot keep prepared data in " + file + ": ");
    }

    @Test
    void shouldNoticeAFileThatChangesMeanwhile() throws IOException {
        Progress meddler =
                (phase, documents, bytes, total) -> {
                    if (phase == Progress.Phase.LEARNING && documents == 3) {
                        try {
                            Files.writeString(corpus.resolve("b.java"), "class Changed {}\n");
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    }
                };

        assertThatThrownBy(() -> new Preparation(config(), meddler).run())
                .isInstanceOf(DataException.class)
                .hasMessage(
                        corpus.resolve("b.java")
                                + " changed while it was being prepared:"
                                + " run again when nothing writes to it, or name it in data.exclude");
        assertThat(contents()).isEmpty();
    }

    @Test
    void shouldSweepAwayWhatAKilledPreparationLeftBehind() throws IOException {
        Path dead = Files.createDirectories(prepared.resolve(".preparing-dead"));
        Files.writeString(dead.resolve("tokens-00000.bin"), "half");
        Files.writeString(prepared.resolve(".preparing-dead.lock"), "");
        try (Staging living = Staging.open(prepared)) {
            prepare(config());

            assertThat(dead).doesNotExist();
            assertThat(living.folder()).exists();
        }
        assertThat(contents()).hasSize(1);
    }

    @Test
    void shouldAgreeWhenSeveralThreadsPrepareAtOnce() throws Exception {
        List<Callable<String>> calls = Collections.nCopies(6, () -> prepare(config()));

        try (var threads = Executors.newFixedThreadPool(6)) {
            for (var result : threads.invokeAll(calls)) {
                assertThat(result.get()).isEqualTo(prepare(config()));
            }
        }
        assertThat(contents()).hasSize(1);
    }

    @Test
    void shouldAgreeWhenSeveralProcessesPrepareAtOnceAndOneIsKilled() throws Exception {
        Process doomed = process("stop-half-way");
        assertThat(doomed.inputReader().readLine()).isEqualTo("half way");
        List<Process> others = List.of(process("go-on"), process("go-on"));
        doomed.destroyForcibly().waitFor();

        List<String> digests = new ArrayList<>();
        for (Process other : others) {
            digests.addAll(other.inputReader().readAllLines());
            assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }

        assertThat(digests).containsOnly(prepare(config()));
        prepare(config(prepared, Optional.empty(), 301));
        assertThat(contents()).hasSize(2);
    }

    private Process process(String habit) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PreparingProcess.class.getName(),
                        corpus.toString(),
                        prepared.toString(),
                        habit)
                .redirectErrorStream(true)
                .start();
    }

    private String prepare(DataConfig config) {
        try (PreparedData data = PreparedData.prepare(config, Progress.NONE)) {
            return data.digest();
        }
    }

    private DataConfig config() {
        return config(prepared, Optional.empty(), 300);
    }

    private DataConfig config(Path prepared, Optional<Path> tokenizer, int vocabulary) {
        return config(corpus, prepared, tokenizer, vocabulary);
    }

    static DataConfig config(Path corpus, Path prepared, Optional<Path> tokenizer, int vocabulary) {
        return new DataConfig(List.of(corpus.toString()), List.of("**"), List.of(), prepared, tokenizer, vocabulary);
    }

    /// Names of what lies in the prepared folder, hidden ones too.
    private List<String> contents() throws IOException {
        try (var files = Files.list(prepared)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static int[] tokens(TokenShards shards, int document) {
        int count = Math.toIntExact(shards.length(document));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, count);
            shards.copy(shards.start(document), count, ids, 0);
            return ids.toArray(ValueLayout.JAVA_INT);
        }
    }

    /// A disk with room for a number of bytes.
    private static Disk diskOf(long room) {
        long[] left = {room};
        return path -> {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            return new Disk.Output() {
                @Override
                public void write(ByteBuffer bytes) throws IOException {
                    left[0] -= bytes.remaining();
                    if (left[0] < 0) {
                        throw new IOException("No space left on device");
                    }
                    channel.write(bytes);
                }

                @Override
                public void force() {}

                @Override
                public void close() throws IOException {
                    channel.close();
                }
            };
        };
    }
}
