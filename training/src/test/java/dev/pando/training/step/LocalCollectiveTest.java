package dev.pando.training.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.tensor.Memory;
import dev.pando.training.tensor.Numbers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LocalCollectiveTest {
    private static final Deadline PATIENT = new Deadline("all-reduce of step 0", TimeUnit.SECONDS.toNanos(50));
    private static final Deadline SHORT = new Deadline("all-reduce of step 0", 1_000_000);
    private static final long STEPS = 3;

    private final LocalCollective.Meeting meeting = new LocalCollective.Meeting();
    private final List<LocalCollective> members = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        threads.shutdownNow();
        members.forEach(LocalCollective::close);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void shouldTrainToTheBitsOfThePlainLoopWhoeverComputesWhichShard(int workers) throws Exception {
        join(workers, 1);
        List<Future<String>> hashes = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            int mine = worker;
            hashes.add(threads.submit(() -> train(mine, workers)));
        }

        String undisturbed = Jobs.plainHash(1, false, STEPS);
        for (Future<String> hash : hashes) {
            assertThat(hash.get()).isEqualTo(undisturbed);
        }
    }

    /// One worker: shards are dealt again each step, and computed in any order.
    private String train(int mine, int workers) {
        LocalCollective member = members.get(mine);
        ShardTree tree = new ShardTree(Jobs.PLAN.shards());
        try (ModelTrainer trainer = Jobs.trainer(arena, 1 + mine % 2, mine % 2 == 1)) {
            ShardSums sums = new ShardSums(tree, trainer.table().length(), member.memory());
            MemorySegment result = member.memory().allocate("sum", trainer.table().bytes());
            while (trainer.step() < STEPS) {
                long step = trainer.step();
                List<Integer> dealt = new ArrayList<>();
                for (int shard = 0; shard < tree.shards(); shard++) {
                    if (new Random(1000 * step + shard).nextInt(workers) == mine) {
                        dealt.add(shard);
                    }
                }
                Collections.shuffle(dealt, new Random(step + mine));
                dealt.forEach(shard -> sums.compute(trainer, shard));
                lossesOf(step).putAll(sums.losses());
                Outcome outcome = member.allReduce(PATIENT, new Operation(1, step), tree, sums.partials(), result);
                assertThat(outcome).isEqualTo(new Outcome.Done());
                trainer.apply(result, ShardSums.treeSum(tree, lossesOf(step)::get));
                sums.reset();
            }
            return StateHash.of(trainer.state());
        }
    }

    private final Map<Long, Map<Integer, Trainer.ShardLoss>> losses = new ConcurrentHashMap<>();

    /// Stands in for the supervisor: the losses of all workers, complete once the all-reduce is done.
    private Map<Integer, Trainer.ShardLoss> lossesOf(long step) {
        return losses.computeIfAbsent(step, _ -> new ConcurrentHashMap<>());
    }

    @Test
    void shouldNameWhoIsMissingWhenTheDeadlinePasses() {
        join(3, 1);

        Outcome outcome = reduce(0, SHORT);

        assertThat(outcome).isEqualTo(new Outcome.TimedOut(List.of("worker-1", "worker-2")));
    }

    @Test
    void shouldEndWhatIsBlockedWhenAnotherMemberEntersANewerEpoch() throws Exception {
        join(2, 1);
        Future<Outcome> blocked = threads.submit(() -> reduce(0, PATIENT));

        members.get(1).enter(membership(2, 2));

        assertThat(blocked.get()).isEqualTo(new Outcome.EpochOver(2));
    }

    @Test
    void shouldEndWhatIsBlockedWhenAMemberLeaves() throws Exception {
        join(2, 1);
        Future<Outcome> blocked = threads.submit(() -> reduce(0, PATIENT));

        members.get(1).leave();

        assertThat(blocked.get()).isEqualTo(new Outcome.MemberLost("worker-1", "it has left"));
    }

    @Test
    void shouldLeavePartialSumsUntouchedSoThatTheyCanBeOfferedAgain() throws Exception {
        join(2, 1);
        assertThat(reduce(0, SHORT)).isInstanceOf(Outcome.TimedOut.class);
        members.forEach(member -> member.enter(membership(2, 2)));
        ShardTree tree = new ShardTree(2);
        List<MemorySegment> spans = List.of(Numbers.span(arena, 1, 2), Numbers.span(arena, 10, 20));
        List<MemorySegment> results = List.of(Numbers.span(arena, 2), Numbers.span(arena, 2));

        List<Future<Outcome>> outcomes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            int mine = i;
            outcomes.add(
                    threads.submit(() ->
                            members.get(mine)
                                    .allReduce(
                                            PATIENT,
                                            new Operation(2, 0),
                                            tree,
                                            List.of(new Partial(tree.leaf(mine), spans.get(mine))),
                                            results.get(mine))));
        }

        for (Future<Outcome> outcome : outcomes) {
            assertThat(outcome.get()).isEqualTo(new Outcome.Done());
        }
        assertThat(Numbers.read(results.get(0), 2)).containsExactly(11, 22);
        assertThat(Numbers.read(results.get(1), 2)).containsExactly(11, 22);
        assertThat(Numbers.read(spans.get(0), 2)).containsExactly(1, 2);
    }

    @Test
    void shouldSendSpansToOneMember() throws Exception {
        join(3, 1);
        Memory memory = Memory.of(arena);
        MemorySegment whole = memory.allocate("whole", 20);
        Future<Outcome> sent =
                threads.submit(() ->
                        members.get(0)
                                .send(
                                        PATIENT,
                                        new Operation(1, 7),
                                        "worker-2",
                                        List.of(Numbers.span(arena, 1, 2, 3), Numbers.span(arena, 4, 5))));

        Outcome received = members.get(2).receive(PATIENT, new Operation(1, 7), "worker-0", List.of(whole));

        assertThat(received).isEqualTo(new Outcome.Done());
        assertThat(sent.get()).isEqualTo(new Outcome.Done());
        assertThat(Numbers.read(whole, 5)).containsExactly(1, 2, 3, 4, 5);
    }

    private Outcome reduce(int member, Deadline deadline) {
        ShardTree tree = new ShardTree(2);
        return members.get(member)
                .allReduce(
                        deadline,
                        new Operation(1, 0),
                        tree,
                        List.of(new Partial(tree.leaf(0), Numbers.span(arena, 1, 2))),
                        Numbers.span(arena, 2));
    }

    private void join(int count, long epoch) {
        for (int i = 0; i < count; i++) {
            members.add(meeting.join());
        }
        members.forEach(member -> member.enter(membership(count, epoch)));
    }

    private Membership membership(int count, long epoch) {
        List<Member> named = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            named.add(new Member("worker-" + i, members.get(i).address()));
        }
        return new Membership("job", epoch, named);
    }
}
