package dev.pando.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.actors.owner.Ledger;
import dev.pando.actors.owner.Ledger.Page;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// What every ledger promises, wherever it keeps its pages.
abstract class LedgerTest {
    private static final String JOURNAL = "job|a b/../ü";

    /// Another handle on the same pages, as another process has it.
    abstract Ledger open();

    @Test
    void shouldReadWhatAnotherProcessWrote() {
        try (Ledger one = open();
                Ledger other = open()) {
            one.append(JOURNAL, List.of(page(1, "one")));
            one.append(JOURNAL, List.of(page(2, "one"), page(3, "one")));

            assertThat(read(other, 1, Long.MAX_VALUE)).extracting(Page::number).containsExactly(1L, 2L, 3L);
            assertThat(read(other, 2, 2)).usingRecursiveComparison().isEqualTo(List.of(page(2, "one")));
            assertThat(other.last(JOURNAL)).isEqualTo(3);
            assertThat(other.last("another")).isZero();
        }
    }

    @Test
    void shouldRefuseWhoeverComesSecond() {
        try (Ledger one = open();
                Ledger other = open()) {
            one.append(JOURNAL, List.of(page(1, "one")));

            assertThatThrownBy(() -> other.append(JOURNAL, List.of(page(1, "other"))))
                    .isInstanceOf(Ledger.Taken.class)
                    .hasMessageContaining("page 1")
                    .hasMessageContaining("one");
            assertThat(read(one, 1, 1)).extracting(Page::writer).containsExactly("one");
        }
    }

    @Test
    void shouldAcceptWhatTheSameWriterSaysTwice() {
        try (Ledger ledger = open()) {
            ledger.append(JOURNAL, List.of(page(1, "one")));
            ledger.append(JOURNAL, List.of(page(1, "one")));

            assertThat(read(ledger, 1, 9)).hasSize(1);
        }
    }

    @Test
    void shouldGiveEachNumberToOneOfManyWriters() throws Exception {
        int writers = 4;
        int pages = 20;
        List<Callable<Integer>> racers = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            String name = "writer-" + i;
            racers.add(() -> race(name, pages));
        }

        int won = 0;
        try (ExecutorService threads = Executors.newFixedThreadPool(writers)) {
            for (Future<Integer> racer : threads.invokeAll(racers)) {
                won += racer.get();
            }
        }

        assertThat(won).isEqualTo(pages);
    }

    private int race(String writer, int pages) {
        int won = 0;
        try (Ledger ledger = open()) {
            for (int number = 1; number <= pages; number++) {
                try {
                    ledger.append(JOURNAL, List.of(page(number, writer)));
                    won++;
                } catch (Ledger.Taken lost) {
                    assertThat(lost).hasMessageContaining("page " + number);
                }
            }
        }
        return won;
    }

    @Test
    void shouldNeverGiveARemovedNumberAnew() {
        try (Ledger ledger = open()) {
            ledger.append(JOURNAL, List.of(page(1, "one"), page(2, "one"), page(3, "one")));

            ledger.remove(JOURNAL, 2);
            assertThat(read(ledger, 1, 9)).extracting(Page::number).containsExactly(3L);
            ledger.remove(JOURNAL, 3);

            assertThat(read(ledger, 1, 9)).isEmpty();
            assertThat(ledger.last(JOURNAL)).isEqualTo(3);
        }
    }

    static Page page(long number, String writer) {
        byte[] payload = ("{\"n\":\n" + number + "}\0").getBytes(StandardCharsets.UTF_8);
        return new Page(number, 7, "a.b.C$D", payload, writer, "", 1_700_000_000_000L);
    }

    private static List<Page> read(Ledger ledger, long from, long to) {
        List<Page> pages = new ArrayList<>();
        ledger.read(JOURNAL, from, to, pages::add);
        return pages;
    }
}
