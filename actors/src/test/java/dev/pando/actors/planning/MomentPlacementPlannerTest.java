package dev.pando.actors.planning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.MomentPlacement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MomentPlacementPlannerTest {
    private static final int SPANS = 30;

    @Property(tries = 100)
    void shouldGiveEverySpanSoManyHoldersAndEveryWorkerItsShare(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 9) int workers,
            @ForAll @IntRange(min = 1, max = 5) int r) {
        MomentPlacement before = anything(new Random(seed));

        MomentPlacement after = MomentPlacementPlanner.plan(before, crew(workers), SPANS, r);

        int copies = Math.min(r, workers);
        assertThat(after.workers()).isEqualTo(crew(workers));
        for (int span = 0; span < SPANS; span++) {
            assertThat(after.holders(span)).hasSize(copies);
        }
        for (String worker : after.workers()) {
            int share = SPANS * copies / workers;
            assertThat(after.of(worker)).hasSizeBetween(share, Math.ceilDiv(SPANS * copies, workers));
        }
    }

    @Property(tries = 300)
    void shouldMoveAsFewSpansAsAnyPlacementThatIsAsEven(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int workers,
            @ForAll @IntRange(min = 1, max = 3) int r) {
        int spans = 4;
        Random random = new Random(seed);
        MomentPlacement before = MomentPlacement.none();
        for (int worker = 0; worker < 3; worker++) {
            before = before.with(name(worker), subset(random.nextInt(1 << spans), spans));
        }

        MomentPlacement after = MomentPlacementPlanner.plan(before, crew(workers), spans, r);

        assertThat(moved(before, after)).isEqualTo(fewestMoves(before, workers, spans, Math.min(r, workers)));
    }

    /// Tries all placements that there are.
    private static long fewestMoves(MomentPlacement before, int workers, int spans, int copies) {
        long fewest = Long.MAX_VALUE;
        for (int bits = 0; bits < 1 << workers * spans; bits++) {
            MomentPlacement tried = MomentPlacement.none();
            for (int worker = 0; worker < workers; worker++) {
                tried = tried.with(name(worker), subset(bits >> worker * spans & (1 << spans) - 1, spans));
            }
            MomentPlacement any = tried;
            boolean even =
                    IntStream.range(0, spans).allMatch(span -> any.holders(span).size() == copies)
                            && any.workers().stream()
                                    .allMatch(worker ->
                                            any.of(worker).size() >= spans * copies / workers
                                                    && any.of(worker).size() <= Math.ceilDiv(spans * copies, workers));
            if (even) {
                fewest = Math.min(fewest, moved(before, any));
            }
        }
        return fewest;
    }

    private static List<Integer> subset(int bits, int spans) {
        return IntStream.range(0, spans).filter(span -> (bits >> span & 1) == 1).boxed().toList();
    }

    @Property
    void shouldCopyLittleMoreThanWasLostWithAWorker(
            @ForAll @IntRange(min = 2, max = 9) int workers,
            @ForAll @IntRange(min = 1, max = 4) int r,
            @ForAll @IntRange(min = 0, max = 8) int index) {
        MomentPlacement before = MomentPlacementPlanner.plan(MomentPlacement.none(), crew(workers), SPANS, r);
        String lost = name(index % workers);

        MomentPlacement after = MomentPlacementPlanner.plan(before.without(lost), without(workers, lost), SPANS, r);

        long missing = r < workers ? before.of(lost).size() : 0; // else there are fewer copies from now on
        assertThat(moved(before, after)).isBetween(missing, missing + 2); // to be even again
    }

    @Property(tries = 100)
    void shouldCopyNoMoreThanANewcomersShare(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 8) int workers,
            @ForAll @IntRange(min = 1, max = 4) int r) {
        MomentPlacement before = MomentPlacementPlanner.plan(anything(new Random(seed)), crew(workers), SPANS, r);

        MomentPlacement after = MomentPlacementPlanner.plan(before, crew(workers + 1), SPANS, r);

        assertThat(moved(before, after)).isEqualTo(after.of(name(workers)).size());
    }

    @Property(tries = 100)
    void shouldMoveNothingWhereAllIsAsItShouldBe(@ForAll long seed, @ForAll @IntRange(min = 1, max = 9) int workers) {
        MomentPlacement before = MomentPlacementPlanner.plan(anything(new Random(seed)), crew(workers), SPANS, 2);

        assertThat(MomentPlacementPlanner.plan(before, crew(workers), SPANS, 2)).isEqualTo(before);
    }

    @Test
    void shouldSayWhichSpansNobodyHolds() {
        MomentPlacement all = MomentPlacementPlanner.plan(MomentPlacement.none(), crew(3), SPANS, 2);

        MomentPlacement one = all.without(name(0)).without(name(1));

        assertThat(all.without(name(1)).lost(SPANS)).isEmpty();
        assertThat(one.lost(SPANS))
                .hasSize(SPANS - one.of(name(2)).size())
                .doesNotContainAnyElementsOf(one.of(name(2)));
    }

    @Property(tries = 100)
    void shouldTellEverybodyTheWeightsThatHeDoesNotUpdateHimself(
            @ForAll @IntRange(min = 1, max = 9) int workers, @ForAll @IntRange(min = 1, max = 4) int r) {
        MomentPlacement placement = MomentPlacementPlanner.plan(MomentPlacement.none(), crew(workers), SPANS, r);

        List<MomentTransfer> gather = MomentTransfer.gather(placement, SPANS);

        for (String worker : crew(workers)) {
            List<Integer> known = new ArrayList<>(placement.of(worker));
            gather.stream().filter(one -> one.to().equals(worker)).forEach(one -> known.addAll(one.spans()));
            assertThat(known).containsExactlyInAnyOrderElementsOf(IntStream.range(0, SPANS).boxed().toList());
        }
        assertThat(gather).allSatisfy(one -> assertThat(placement.of(one.from())).containsAll(one.spans()));
    }

    @Property(tries = 100)
    void shouldCopyFromThoseWhoHoldToThoseWhoShould(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 7) int before,
            @ForAll @IntRange(min = 1, max = 7) int after) {
        MomentPlacement from = MomentPlacementPlanner.plan(anything(new Random(seed)), crew(before), SPANS, 2);
        MomentPlacement to = MomentPlacementPlanner.plan(from, crew(after), SPANS, 2);
        List<String> newcomers = to.workers().stream().filter(worker -> !from.workers().contains(worker)).toList();

        List<MomentTransfer> transfers = MomentTransfer.rebuild(from, to, from.workers(), newcomers, SPANS);

        for (String worker : to.workers()) {
            SortedSet<Integer> holds = from.of(worker);
            transfers.stream()
                    .filter(one -> one.to().equals(worker) && one.content() == MomentTransfer.Content.MOMENTS)
                    .forEach(one -> {
                        assertThat(from.of(one.from())).containsAll(one.spans());
                        holds.addAll(one.spans());
                    });
            assertThat(holds).containsAll(to.of(worker));
            long weights =
                    transfers.stream()
                            .filter(one -> one.to().equals(worker) && one.content() == MomentTransfer.Content.WEIGHTS)
                            .mapToLong(one -> one.spans().size())
                            .sum();
            assertThat(weights).isEqualTo(newcomers.contains(worker) ? SPANS : 0);
        }
    }

    /// Workers of which some are gone, some hold too much and some too little.
    private static MomentPlacement anything(Random random) {
        MomentPlacement placement = MomentPlacement.none();
        for (int worker = 0; worker < 12; worker++) {
            if (random.nextBoolean()) {
                List<Integer> held = IntStream.range(0, SPANS).filter(_ -> random.nextInt(3) == 0).boxed().toList();
                placement = placement.with(name(worker), held);
            }
        }
        return placement;
    }

    private static long moved(MomentPlacement before, MomentPlacement after) {
        return after.workers().stream()
                .mapToLong(
                        worker -> after.of(worker).stream().filter(span -> !before.of(worker).contains(span)).count())
                .sum();
    }

    private static List<String> crew(int workers) {
        return IntStream.range(0, workers).mapToObj(MomentPlacementPlannerTest::name).toList();
    }

    private static Collection<String> without(int workers, String lost) {
        return crew(workers).stream().filter(worker -> !worker.equals(lost)).toList();
    }

    private static String name(int worker) {
        return "worker-" + worker;
    }
}
