package dev.pando.collectives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.pando.collectives.wire.Counters;
import dev.pando.collectives.wire.TransportSettings;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.ShardTree.Node;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@ValueSource(booleans = {true, false})
class EpochTest {
    private static final int ELEMENTS = 30_011;

    @Parameter boolean sharing;

    private Group group;
    private final Arrangement three =
            new Arrangement(
                    new ShardTree(3),
                    List.of(List.of(new Node(0, 1)), List.of(new Node(1, 2)), List.of(new Node(2, 3))));

    @BeforeEach
    void start() {
        group = Group.of(3, 2, TransportSettings.defaults().withSharing(sharing));
    }

    @AfterEach
    void stop() {
        group.close();
    }

    @Test
    void shouldEndABlockedOperationWhenANewerEpochIsEntered() {
        group.enterAll(3);
        CompletableFuture<Outcome> first = blocked(0);
        CompletableFuture<Outcome> second = blocked(1);

        group.enterAll(2);

        assertThat(ended(first)).isEqualTo(new Outcome.EpochOver(2));
        assertThat(ended(second)).isEqualTo(new Outcome.EpochOver(2));
    }

    @Test
    void shouldReduceInTheNextEpochAsIfTheBrokenOneHadNeverBeen() {
        Arrangement two = Arrangement.random(2, 8, new Random(6));
        group.enterAll(3);
        CompletableFuture<Outcome> first = blocked(0);
        CompletableFuture<Outcome> second = blocked(1);

        group.enterAll(2);
        ended(first);
        ended(second);
        List<float[]> results = group.allReduce(two, ELEMENTS, 0);

        float[] expected = Arrangement.sum(two.tree().root(), ELEMENTS);
        assertThat(results).allSatisfy(result -> assertThat(Arrays.equals(result, expected)).isTrue());
    }

    @Test
    void shouldTakeThePartialSumsThatSurvivorsStillHold() {
        group.enterAll(3);
        Group.Offer first = group.offer(0, three, ELEMENTS);
        Group.Offer second = group.offer(1, three, ELEMENTS);
        CompletableFuture<Outcome> blocked = reduce(0, first, first.partials());
        group.member(2).leave();
        Outcome outcome = ended(blocked);
        group.enterAll(2);

        // the second takes over what the third has lost, and both offer again what they had
        List<Partial> more = new ArrayList<>(second.partials());
        MemorySegment lost = group.member(1).memory().allocate("lost", (long) ELEMENTS * Float.BYTES);
        MemorySegment.copy(Arrangement.values(2, ELEMENTS), 0, lost, ValueLayout.JAVA_FLOAT, 0, ELEMENTS);
        more.add(new Partial(three.tree().leaf(2), lost));
        CompletableFuture<Outcome> again = reduce(0, first, first.partials());
        CompletableFuture<Outcome> taken = reduce(1, second, more);

        assertThat(outcome).isInstanceOf(Outcome.MemberLost.class);
        assertThat(List.of(ended(again), ended(taken))).containsOnly(new Outcome.Done());
        float[] expected = Arrangement.sum(three.tree().root(), ELEMENTS);
        assertThat(Arrays.equals(first.result().toArray(ValueLayout.JAVA_FLOAT), expected)).isTrue();
        assertThat(Arrays.equals(second.result().toArray(ValueLayout.JAVA_FLOAT), expected)).isTrue();
    }

    @Test
    void shouldCountForHowLongItWaitedForWhom() {
        group.enterAll(3);
        group.allReduce(three, ELEMENTS, 0);
        AtomicLong operation = new AtomicLong();

        // Once more where the machine was so busy that the others were there before it began to wait.
        await(() -> {
            operation.incrementAndGet();
            long before = counters(0).bytesSent();
            CompletableFuture<Outcome> first = reduce(0, operation.get());
            await(() -> counters(0).bytesSent() > before);
            List<CompletableFuture<Outcome>> others = List.of(reduce(1, operation.get()), reduce(2, operation.get()));
            assertThat(ended(first)).isEqualTo(new Outcome.Done());
            assertThat(others).allSatisfy(other -> assertThat(ended(other)).isEqualTo(new Outcome.Done()));
            return !counters(0).waitingNs().isEmpty();
        });

        assertThat(counters(0).operations()).isGreaterThan(1);
        assertThat(counters(0).waitingNs()).isNotEmpty().doesNotContainKey("worker-0");
    }

    private CompletableFuture<Outcome> reduce(int member, long number) {
        Group.Offer offer = group.offer(member, three, ELEMENTS);
        Operation operation = group.operation(number);
        return group.on(
                member,
                () ->
                        group.member(member)
                                .allReduce(Group.PATIENT, operation, three.tree(), offer.partials(), offer.result()));
    }

    private CompletableFuture<Outcome> reduce(int member, Group.Offer offer, List<Partial> partials) {
        Operation operation = group.operation(0);
        return group.on(
                member,
                () -> group.member(member).allReduce(Group.PATIENT, operation, three.tree(), partials, offer.result()));
    }

    @Test
    void shouldDropAndCountFramesOfAnOlderEpoch() {
        group.enterAll(3);
        Operation old = group.operation(0);
        CompletableFuture<Outcome> sending =
                group.on(0, () -> group.member(0).send(Group.PATIENT, old, "worker-2", List.of(Group.bytes(1000, 1))));
        await(() -> counters(0).bytesSent() > 0);
        group.enterAll(3);
        ended(sending);

        group.allReduce(three, ELEMENTS, 0);

        assertThat(counters(2).staleFrames()).isPositive();
    }

    @Test
    void shouldReduceWhenMembersEnterTheEpochOneAfterTheOther() {
        var membership = group.next(3);
        List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
        for (int at = 0; at < 3; at++) {
            group.member(at).enter(membership);
            outcomes.add(blocked(at));
        }

        assertThat(outcomes).allSatisfy(outcome -> assertThat(ended(outcome)).isEqualTo(new Outcome.Done()));
    }

    @Test
    void shouldSayThatTheEpochIsOverWhenAnotherSpeaksOfANewerOne() {
        group.enterAll(3);
        CompletableFuture<Outcome> slow = blocked(0);
        var newer = group.next(3);
        group.member(1).enter(newer);
        CompletableFuture<Outcome> quick = blocked(1);

        assertThat(ended(slow)).isEqualTo(new Outcome.EpochOver(2));

        group.member(2).enter(newer);
        group.member(0).enter(newer);
        CompletableFuture<Outcome> again = blocked(0);
        CompletableFuture<Outcome> last = blocked(2);
        assertThat(List.of(ended(quick), ended(again), ended(last))).containsOnly(new Outcome.Done());
    }

    @Test
    void shouldNameTheMemberThatNeverShowsUp() {
        group.enterAll(3);
        Group.Offer offer = group.offer(0, three, ELEMENTS);

        Outcome outcome =
                group.on(
                                0,
                                () ->
                                        group.member(0)
                                                .allReduce(
                                                        new Deadline(
                                                                "gradients of step 12",
                                                                TimeUnit.MILLISECONDS.toNanos(300)),
                                                        group.operation(4),
                                                        three.tree(),
                                                        offer.partials(),
                                                        offer.result()))
                        .join();

        assertThat(outcome).isEqualTo(new Outcome.TimedOut(List.of("worker-1", "worker-2")));
    }

    @Test
    void shouldEndFurtherOperationsOfAnEpochLikeTheOneThatFailed() {
        group.enterAll(2);
        Group.Offer offer = group.offer(0, three, ELEMENTS);
        Deadline soon = new Deadline("soon", 1);
        Arrangement two = Arrangement.random(2, 8, new Random(6));

        Outcome first =
                group.member(0).allReduce(soon, group.operation(0), two.tree(), offer.partials(), offer.result());
        Outcome second =
                group.member(0)
                        .allReduce(Group.PATIENT, group.operation(1), two.tree(), offer.partials(), offer.result());

        assertThat(first).isInstanceOf(Outcome.TimedOut.class);
        assertThat(second).isEqualTo(first);
    }

    @Test
    void shouldReleaseABlockedOperationWhenItsMemberLeaves() {
        group.enterAll(3);
        CompletableFuture<Outcome> first = blocked(0);

        group.member(0).leave();

        assertThat(ended(first)).isEqualTo(new Outcome.EpochOver(1));
    }

    @Test
    void shouldNameAMemberThatHasLeft() {
        group.enterAll(3);
        CompletableFuture<Outcome> first = blocked(0);
        CompletableFuture<Outcome> second = blocked(1);

        group.member(2).leave();

        assertThat(List.of(ended(first), ended(second)))
                .allSatisfy(outcome ->
                        assertThat(outcome)
                                .isInstanceOfSatisfying(
                                        Outcome.MemberLost.class,
                                        lost -> assertThat(lost.member()).isEqualTo("worker-2")));
    }

    @Test
    void shouldEndWhatIsAskedForInTheNameOfAnOlderEpoch() {
        group.enterAll(3);
        Operation old = group.operation(0);
        group.enterAll(3);
        Group.Offer offer = group.offer(0, three, ELEMENTS);

        Outcome outcome = group.member(0).allReduce(Group.PATIENT, old, three.tree(), offer.partials(), offer.result());

        assertThat(outcome).isEqualTo(new Outcome.EpochOver(2));
        assertThat(group.allReduce(three, ELEMENTS, 0)).hasSize(3);
    }

    @Test
    void shouldRefuseAnOperationOfAnEpochThatWasNotEntered() {
        group.enterAll(3);
        Group.Offer offer = group.offer(0, three, ELEMENTS);

        assertThatThrownBy(() ->
                        group.member(0)
                                .allReduce(
                                        Group.PATIENT,
                                        new Operation(2, 0),
                                        three.tree(),
                                        offer.partials(),
                                        offer.result()))
                .hasMessage("worker-0 has not entered epoch 2");
    }

    @Test
    void shouldEndEveryOperationAfterItsMemberHasLeft() {
        Group.Offer offer = group.offer(0, three, ELEMENTS);

        group.member(0).leave();
        group.enterAll(3);

        assertThat(
                        group.member(0)
                                .allReduce(
                                        Group.PATIENT,
                                        group.operation(0),
                                        three.tree(),
                                        offer.partials(),
                                        offer.result()))
                .isInstanceOf(Outcome.EpochOver.class);
    }

    @Test
    void shouldIgnoreAnOlderEpoch() {
        var older = group.next(3);
        group.enterAll(3);

        group.member(0).enter(older);

        assertThat(group.allReduce(three, 100, 0)).hasSize(3);
    }

    private CompletableFuture<Outcome> blocked(int member) {
        Group.Offer offer = group.offer(member, three, ELEMENTS);
        Operation operation = group.operation(0);
        return group.on(
                member,
                () ->
                        group.member(member)
                                .allReduce(Group.PATIENT, operation, three.tree(), offer.partials(), offer.result()));
    }

    private Counters counters(int member) {
        return ((AeronCollective) group.member(member)).counters();
    }

    private static void await(BooleanSupplier condition) {
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> {
                    while (!condition.getAsBoolean()) {
                        Thread.onSpinWait();
                    }
                });
    }

    private static Outcome ended(CompletableFuture<Outcome> outcome) {
        return outcome.orTimeout(15, TimeUnit.SECONDS).join();
    }
}
