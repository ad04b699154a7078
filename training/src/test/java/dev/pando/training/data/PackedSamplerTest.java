package dev.pando.training.data;

import static dev.pando.training.data.PreparedTexts.FIRST_TOKEN;
import static dev.pando.training.step.Sampler.Microbatch.IGNORE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.pando.training.step.Sampler.Microbatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PackedSamplerTest {
    @Property(tries = 150)
    void shouldServeEveryTokenOnceAPass(
            @ForAll("lengths") List<Integer> lengths,
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 40) int length,
            @ForAll @IntRange(min = 0, max = 3) int pass) {
        try (PreparedData data = PreparedTexts.ofLengths(lengths, 1 << 17, 50)) {
            PackedSampler sampler = new PackedSampler(data, seed, 1, 1, length);
            long tokens = data.shards().tokens();
            BitSet seen = new BitSet();
            long padding = 0;

            for (long row = 0; row < sampler.rowsOfPass(); row++) {
                for (int id : fetch(sampler, pass * sampler.rowsOfPass() + row, 0, 1, length).ids()) {
                    if (id < FIRST_TOKEN) {
                        padding++;
                    } else {
                        assertThat(seen.get(id - FIRST_TOKEN)).as("token %d was there before", id).isFalse();
                        seen.set(id - FIRST_TOKEN);
                    }
                }
            }

            // a last token that would have a row to itself predicts nothing and is left out
            long leftOut = tokens % length == 1 ? 1 : 0;
            assertThat(seen.cardinality()).isEqualTo(Math.toIntExact(tokens - leftOut));
            assertThat(padding).isEqualTo(sampler.rowsOfPass() * length - (tokens - leftOut)).isLessThan(length);
        }
    }

    @Property(tries = 150)
    void shouldLabelEachPositionWithTheNextTokenOfItsDocument(
            @ForAll("lengths") List<Integer> lengths,
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 40) int length,
            @ForAll @IntRange(min = 1, max = 3) int rows) {
        try (PreparedData data = PreparedTexts.ofLengths(lengths, 1 << 17, 50)) {
            PackedSampler sampler = new PackedSampler(data, seed, 2, rows, length);
            Set<Integer> lastTokens = lastTokens(lengths);
            Set<Integer> firstTokens = new HashSet<>();
            lastTokens.forEach(last -> firstTokens.add(last + 1));
            firstTokens.add(FIRST_TOKEN);

            for (long step = 0; step < 4; step++) {
                Fetched batch = fetch(sampler, step, step % 2, rows, length);
                for (int i = 0; i < rows * length; i++) {
                    int t = i % length;
                    int id = batch.ids()[i];
                    int start = batch.documents()[i];
                    if (id < FIRST_TOKEN) {
                        assertThat(batch.labels()[i]).isEqualTo(IGNORE);
                        assertThat(start).isEqualTo(t);
                        continue;
                    }
                    assertThat(batch.labels()[i]).isEqualTo(lastTokens.contains(id) ? IGNORE : id + 1);
                    // tokens count up within a document, so the piece is unbroken back to its start
                    assertThat(start).isBetween(0, t);
                    assertThat(id - batch.ids()[i - t + start]).isEqualTo(t - start);
                    assertThat(start == 0 || firstTokens.contains(batch.ids()[i - t + start])).isTrue();
                    assertThat(lastTokens.stream().filter(last -> last < id && last >= id - (t - start))).isEmpty();
                }
            }
        }
    }

    @Property(tries = 40)
    void shouldGiveTheSameMicrobatchInAnyOrderFromAnyThread(
            @ForAll("lengths") List<Integer> lengths, @ForAll long seed, @ForAll Random random) throws Exception {
        try (PreparedData data = PreparedTexts.ofLengths(lengths, 1 << 17, 50);
                var threads = Executors.newFixedThreadPool(3)) {
            List<Fetched> inOrder = new ArrayList<>();
            PackedSampler first = new PackedSampler(data, seed, 3, 2, 9);
            for (int i = 0; i < 60; i++) {
                inOrder.add(fetch(first, i / 3, i % 3, 2, 9));
            }
            List<Integer> shuffled = new ArrayList<>(LongStream.range(0, 120).mapToObj(i -> (int) (i % 60)).toList());
            Collections.shuffle(shuffled, random);

            PackedSampler second = new PackedSampler(data, seed, 3, 2, 9);
            List<Callable<Fetched>> calls = new ArrayList<>();
            for (int i : shuffled) {
                calls.add(() -> fetch(second, i / 3, i % 3, 2, 9));
            }
            var results = threads.invokeAll(calls);

            for (int i = 0; i < shuffled.size(); i++) {
                assertThat(results.get(i).get().all()).isEqualTo(inOrder.get(shuffled.get(i)).all());
            }
        }
    }

    @Test
    void shouldOrderDocumentsAndRowsAnewForEveryPassAndSeed() {
        try (PreparedData data = PreparedTexts.ofLengths(Collections.nCopies(40, 13), 1 << 17, 50)) {
            PackedSampler sampler = new PackedSampler(data, 1, 4, 1, 13);
            PackedSampler other = new PackedSampler(data, 2, 4, 1, 13);
            Set<List<Integer>> firstTokens = new HashSet<>();

            for (int pass = 0; pass < 3; pass++) {
                firstTokens.add(firstTokens(sampler, pass));
                firstTokens.add(firstTokens(other, pass));
            }

            assertThat(firstTokens).hasSize(6);
            assertThat(sampler.passOf(9)).isEqualTo(0);
            assertThat(sampler.passOf(10)).isEqualTo(1);
        }
    }

    @Test
    void shouldReadTokensOfTwoBytesAsUnsigned() {
        try (PreparedData data = PreparedTexts.ofLengths(List.of(64_000), 1 << 16, 1 << 20)) {
            Fetched row = fetch(new PackedSampler(data, 1, 1, 1, 64_000), 0, 0, 1, 64_000);

            assertThat(row.ids()[63_999]).isEqualTo(64_999);
        }
    }

    @Test
    void shouldFillUpTheOnlyRowOfACorpusThatIsSmallerThanOne() {
        try (PreparedData data = PreparedTexts.ofLengths(List.of(3), 1 << 17, 50)) {
            Fetched row = fetch(new PackedSampler(data, 1, 1, 1, 6), 7, 0, 1, 6);

            assertThat(row.ids()).containsExactly(1000, 1001, 1002, 2, 2, 2);
            assertThat(row.labels()).containsExactly(1001, 1002, IGNORE, IGNORE, IGNORE, IGNORE);
            assertThat(row.documents()).containsExactly(0, 0, 0, 3, 4, 5);
        }
    }

    @Test
    void shouldAllocateNothingOncePassesAreLaidOut() {
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (PreparedData data = PreparedTexts.ofLengths(Collections.nCopies(40, 13), 1 << 17, 50);
                Arena arena = Arena.ofConfined()) {
            PackedSampler sampler = new PackedSampler(data, 1, 2, 2, 16);
            Microbatch into = new Microbatch(2, 16, ints(arena, 32), ints(arena, 32), ints(arena, 32));
            long before = 0;

            for (int round = 0; round < 3_000; round++) {
                // the last rounds are measured, once classes are loaded and call sites linked
                before = round == 2_000 ? memory.getCurrentThreadAllocatedBytes() : before;
                sampler.fetch(round % 8, round % 2, into);
            }

            assertThat(memory.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000);
        }
    }

    @Test
    void shouldHaveADigestOfAllThatDecidesTheTokens() {
        try (PreparedData data = PreparedTexts.ofLengths(List.of(30, 30), 1 << 17, 50);
                PreparedData other = PreparedTexts.ofLengths(List.of(30, 31), 1 << 17, 50)) {
            Set<String> digests = new HashSet<>();
            digests.add(new PackedSampler(data, 1, 2, 2, 8).digest());
            digests.add(new PackedSampler(data, 2, 2, 2, 8).digest());
            digests.add(new PackedSampler(data, 1, 4, 2, 8).digest());
            digests.add(new PackedSampler(data, 1, 2, 1, 8).digest());
            digests.add(new PackedSampler(data, 1, 2, 2, 9).digest());
            digests.add(new PackedSampler(other, 1, 2, 2, 8).digest());

            assertThat(digests).hasSize(6).contains(new PackedSampler(data, 1, 2, 2, 8).digest());
        }
    }

    @Test
    void shouldRefuseWhatDoesNotFit() {
        try (PreparedData data = PreparedTexts.ofLengths(List.of(30), 1 << 17, 50)) {
            PackedSampler sampler = new PackedSampler(data, 1, 2, 1, 8);

            assertThatThrownBy(() -> new PackedSampler(data, 1, 1, 1, 1))
                    .hasMessageStartingWith("length must be at least 2, not 1");
            assertThatThrownBy(() -> new PackedSampler(data, 1, 1, 0, 8)).hasMessage("rows must be at least 1, not 0");
            assertThatThrownBy(() -> fetch(sampler, 3, 2, 1, 8)).hasMessage("no microbatch 2 of step 3: a step has 2");
            assertThatThrownBy(() -> fetch(sampler, 3, 1, 1, 9))
                    .hasMessage("a microbatch of 1 x 9 where the data is packed into 1 x 8");
        }
    }

    @Provide
    Arbitrary<List<Integer>> lengths() {
        return Arbitraries.integers().between(2, 60).list().ofMinSize(1).ofMaxSize(25);
    }

    private static Set<Integer> lastTokens(List<Integer> lengths) {
        Set<Integer> lastTokens = new HashSet<>();
        int token = FIRST_TOKEN;
        for (int length : lengths) {
            token += length;
            lastTokens.add(token - 1);
        }
        return lastTokens;
    }

    /// Of each row of a pass.
    private static List<Integer> firstTokens(PackedSampler sampler, int pass) {
        List<Integer> tokens = new ArrayList<>();
        for (long row = pass * 40L; row < pass * 40L + 40; row++) {
            tokens.add(fetch(sampler, row / 4, row % 4, 1, 13).ids()[0]);
        }
        assertThat(tokens).doesNotHaveDuplicates();
        return tokens;
    }

    private record Fetched(int[] ids, int[] labels, int[] documents) {
        List<List<Integer>> all() {
            return List.of(ids, labels, documents).stream()
                    .map(array -> Arrays.stream(array).boxed().toList())
                    .toList();
        }
    }

    private static Fetched fetch(PackedSampler sampler, long step, long microbatch, int rows, int length) {
        try (Arena arena = Arena.ofConfined()) {
            int size = rows * length;
            Microbatch into = new Microbatch(rows, length, ints(arena, size), ints(arena, size), ints(arena, size));
            sampler.fetch(step, microbatch, into);
            return new Fetched(
                    into.ids().toArray(ValueLayout.JAVA_INT),
                    into.labels().toArray(ValueLayout.JAVA_INT),
                    into.documents().toArray(ValueLayout.JAVA_INT));
        }
    }

    private static MemorySegment ints(Arena arena, int count) {
        return arena.allocate(ValueLayout.JAVA_INT, count).fill((byte) 0x55);
    }
}
