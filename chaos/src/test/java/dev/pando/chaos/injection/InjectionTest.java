package dev.pando.chaos.injection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.faults.Moment;
import dev.pando.chaos.faults.Phase;
import dev.pando.chaos.toy.ToyWorkbench;
import dev.pando.training.step.CheckpointStore.CheckpointException;
import dev.pando.training.step.Collective.Deadline;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.Collective.Operation;
import dev.pando.training.step.Collective.Outcome;
import dev.pando.training.step.Collective.Partial;
import dev.pando.training.step.ShardTree;
import dev.pando.training.step.StateHash;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.Trainer.ShardLoss;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InjectionTest {
    private static final JobSpec JOB = new JobSpec("toy", 20, 1, 3, 5, "");
    private static final ShardTree TREE = new ShardTree(1);
    private static final Deadline SOON = new Deadline("test", TimeUnit.SECONDS.toNanos(20));

    @TempDir Path folder;

    private Injection injection;

    private ReplicaFactory workbench(String script) {
        injection = Injection.of(FaultScript.parse(script), 3, 20, 7, folder);
        return injection.apply(new ToyWorkbench());
    }

    private ReplicaFactory.Replica replica(String script) {
        ReplicaFactory.Replica replica = workbench(script).replica(JOB, "worker-0");
        replica.collective().enter(alone(replica, 1));
        return replica;
    }

    private static Membership alone(ReplicaFactory.Replica replica, long epoch) {
        return new Membership("toy", epoch, List.of(new Member("worker-0", replica.collective().address())));
    }

    /// One step as a grove of one worker does it.
    private static void step(ReplicaFactory.Replica replica) {
        Trainer trainer = replica.trainer();
        MemorySegment gradient = span(replica, "gradient");
        MemorySegment sum = span(replica, "sum");
        ShardLoss loss = trainer.compute(0, gradient);
        Outcome outcome =
                replica.collective()
                        .allReduce(
                                SOON,
                                new Operation(1, trainer.step()),
                                TREE,
                                List.of(new Partial(TREE.root(), gradient)),
                                sum);
        assertThat(outcome).isEqualTo(new Outcome.Done());
        trainer.examine(sum, loss);
        trainer.apply(sum, loss);
    }

    private static MemorySegment span(ReplicaFactory.Replica replica, String name) {
        return replica.collective().memory().allocate(name, replica.trainer().table().bytes());
    }

    private static String undisturbed(int steps) {
        ReplicaFactory.Replica replica = new ToyWorkbench().replica(JOB, "worker-0");
        replica.collective().enter(alone(replica, 1));
        for (int i = 0; i < steps; i++) {
            step(replica);
        }
        return StateHash.of(replica.trainer().state());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "in compute",
                "after compute",
                "in reduce",
                "after reduce",
                "in vote",
                "after vote",
                "in apply",
                "after apply"
            })
    void shouldKillAtTheVeryMoment(String moment) {
        ReplicaFactory.Replica replica = replica("kill worker-0 " + moment + " at step 2");
        step(replica);
        step(replica);

        assertThatThrownBy(() -> step(replica))
                .isInstanceOf(DeviceLost.class)
                .hasMessageContaining("worker-0 " + moment);

        assertThat(replica.trainer().step()).isEqualTo(moment.equals("after apply") ? 3 : 2);
        assertThatThrownBy(() -> step(replica)).isInstanceOf(DeviceLost.class).hasMessageContaining("was killed");
        assertThat(injection.firings())
                .singleElement()
                .satisfies(firing -> {
                    assertThat(firing.who()).isEqualTo("worker-0");
                    assertThat(firing.step()).isEqualTo(2);
                });
    }

    @Test
    void shouldLeaveAHalfWrittenGradientBehind() {
        ReplicaFactory.Replica replica = replica("kill worker-0 at step 0");
        MemorySegment gradient = span(replica, "gradient");

        assertThatThrownBy(() -> replica.trainer().compute(0, gradient)).isInstanceOf(DeviceLost.class);

        assertThat(gradient.getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, 48)).isGreaterThan(1e20f);
    }

    @Test
    void shouldTearAKilledWorkerOutOfItsCollective() throws InterruptedException {
        ReplicaFactory workbench = workbench("kill worker-1 at step 0");
        ReplicaFactory.Replica survivor = workbench.replica(JOB, "worker-0");
        ReplicaFactory.Replica victim = workbench.replica(JOB, "worker-1");
        Membership both =
                new Membership(
                        "toy",
                        1,
                        List.of(
                                new Member("worker-0", survivor.collective().address()),
                                new Member("worker-1", victim.collective().address())));
        survivor.collective().enter(both);
        victim.collective().enter(both);
        AtomicReference<Outcome> outcome = new AtomicReference<>();
        MemorySegment gradient = span(survivor, "gradient");
        Thread waiting =
                Thread.ofPlatform()
                        .start(() ->
                                outcome.set(
                                        survivor.collective()
                                                .allReduce(
                                                        SOON,
                                                        new Operation(1, 0),
                                                        TREE,
                                                        List.of(new Partial(TREE.root(), gradient)),
                                                        span(survivor, "sum"))));

        assertThatThrownBy(() -> victim.trainer().compute(0, span(victim, "gradient"))).isInstanceOf(DeviceLost.class);

        waiting.join();
        assertThat(outcome.get()).isInstanceOf(Outcome.MemberLost.class);
    }

    @Test
    void shouldThrowOnceAndLeaveTheDeviceHealthy() {
        ReplicaFactory.Replica replica = replica("throw worker-0 in vote at step 1");
        step(replica);

        assertThatThrownBy(() -> step(replica)).isInstanceOf(InjectedFailure.class);
        step(replica);

        assertThat(StateHash.of(replica.trainer().state())).isEqualTo(undisturbed(2));
    }

    @Test
    void shouldFailForGoodAfterADeviceError() {
        ReplicaFactory.Replica replica = replica("device error xid 79 worker-0 at step 0");

        assertThatThrownBy(() -> step(replica)).hasMessageContaining("xid 79");
        assertThatThrownBy(() -> step(replica)).hasMessageContaining("xid 79");
    }

    @Test
    void shouldRunOutOfMemory() {
        ReplicaFactory.Replica replica = replica("out of memory on worker-0 at step 0");

        assertThatThrownBy(() -> step(replica)).isInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void shouldHangUntilInterrupted() throws InterruptedException {
        CountDownLatch struck = new CountDownLatch(1);
        injection =
                Injection.of(
                        FaultScript.parse("hang worker-0 at step 0"), 1, 5, 7, folder, firing -> struck.countDown());
        ReplicaFactory.Replica replica = injection.apply(new ToyWorkbench()).replica(JOB, "worker-0");
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread device =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                replica.trainer().compute(0, span(replica, "gradient"));
                            } catch (Throwable failure) {
                                end.set(failure);
                            }
                        });
        struck.await();

        device.interrupt();

        device.join();
        assertThat(end.get()).isInstanceOf(DeviceLost.class).hasMessageContaining("hung");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stop worker-0 20ms at step 1",
                "gc pause 20ms at step 1",
                "slow worker-0 x3 for 2 steps at step 1",
                "delay worker-0 20ms at step 1",
                "duplicate worker-0 for 3 steps at step 0",
                "reorder worker-0 for 3 steps at step 0"
            })
    void shouldChangeNoBitByTakingItsTime(String script) {
        ReplicaFactory.Replica replica = replica(script);

        for (int i = 0; i < 4; i++) {
            step(replica);
        }

        assertThat(StateHash.of(replica.trainer().state())).isEqualTo(undisturbed(4));
        assertThat(injection.neverFired()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bit flip in gradient of worker-0 at step 1", "bit flip in weight of worker-0 at step 1",
                        "bit flip in moment of worker-0 at step 1",
                "bit flip in wire of worker-0 at step 1", "nan loss on worker-0 at step 1",
                        "corrupt frame worker-0 at step 1"
            })
    void shouldChangeBits(String script) {
        ReplicaFactory.Replica replica = replica(script);

        for (int i = 0; i < 3; i++) {
            step(replica);
        }

        assertThat(StateHash.of(replica.trainer().state())).isNotEqualTo(undisturbed(3));
        assertThat(injection.firings()).hasSize(1);
    }

    @Test
    void shouldLoseWhatAWorkerSends() {
        ReplicaFactory.Replica replica = replica("drop worker-0 at step 0");
        MemorySegment gradient = span(replica, "gradient");
        Deadline now = new Deadline("test", 1_000_000);

        Outcome lost =
                replica.collective()
                        .allReduce(
                                now,
                                new Operation(1, 0),
                                TREE,
                                List.of(new Partial(TREE.root(), gradient)),
                                span(replica, "sum"));
        Outcome again =
                replica.collective()
                        .allReduce(
                                now,
                                new Operation(1, 1),
                                TREE,
                                List.of(new Partial(TREE.root(), gradient)),
                                span(replica, "sum"));

        assertThat(lost).isNotEqualTo(new Outcome.Done());
        assertThat(again).isEqualTo(new Outcome.Done());
    }

    @Test
    void shouldStrikeTheIncarnationThatIsNamed() {
        ReplicaFactory workbench = workbench("kill worker-0#2 at step 0");
        ReplicaFactory.Replica first = workbench.replica(JOB, "worker-0");
        ReplicaFactory.Replica second = workbench.replica(JOB, "worker-0#2");

        first.trainer().compute(0, span(first, "gradient"));
        assertThatThrownBy(() -> second.trainer().compute(0, span(second, "gradient"))).isInstanceOf(DeviceLost.class);
    }

    @Test
    void shouldStrikeALaterStepIfTheVictimMissesItsOwn() {
        ReplicaFactory.Replica replica = replica("throw worker-0 at step 3");
        replica.trainer().restored(5, replica.trainer().state().history());

        assertThatThrownBy(() -> step(replica)).isInstanceOf(InjectedFailure.class);

        assertThat(injection.firings().getFirst().step()).isEqualTo(5);
    }

    @Test
    void shouldWaitForTheEventBeforeItStrikes() {
        ReplicaFactory workbench = workbench("kill worker-1 when worker-0 votes at step 1");
        ReplicaFactory.Replica other = workbench.replica(JOB, "worker-0");
        ReplicaFactory.Replica victim = workbench.replica(JOB, "worker-1");
        other.collective().enter(alone(other, 1));
        MemorySegment gradient = span(victim, "gradient");
        step(other);
        victim.trainer().compute(0, gradient);
        step(other);

        assertThatThrownBy(() -> victim.trainer().examine(gradient, new ShardLoss(1, 1)))
                .isInstanceOf(DeviceLost.class)
                .hasMessageContaining(Moment.in(Phase.VOTE).toString());
    }

    @Test
    void shouldFailCheckpointsWhileTheDiskIsFull() {
        ReplicaFactory.Replica replica = replica("disk full for 2 steps at step 1");
        var store = injection.apply(new ToyWorkbench()).checkpoints(JOB);
        store.save(replica.trainer().state(), java.util.Map.of());
        step(replica);

        assertThatThrownBy(() -> store.save(replica.trainer().state(), java.util.Map.of()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("no space is left");
        step(replica);
        step(replica);
        store.save(replica.trainer().state(), java.util.Map.of());

        assertThat(store.list()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"torn write at step 1", "bit flip in checkpoint at step 1"})
    void shouldDamageThePublishedFiles(String script) throws IOException {
        ReplicaFactory.Replica replica = replica(script);
        Path file = Files.createDirectories(folder.resolve("step-1")).resolve("tensors");
        byte[] before = new byte[1000];
        Files.write(file, before);
        step(replica);

        injection.apply(new ToyWorkbench()).checkpoints(JOB).save(replica.trainer().state(), java.util.Map.of());

        assertThat(Files.readAllBytes(file)).isNotEqualTo(before);
    }

    @Test
    void shouldNameTheFaultsThatNeverStruck() {
        ReplicaFactory.Replica replica = replica("kill worker-0 at step 9, throw worker-0 at step 0");

        assertThatThrownBy(() -> step(replica)).isInstanceOf(InjectedFailure.class);

        assertThat(injection.neverFired()).singleElement().hasToString("kill worker-0 at step 9");
    }

    @Test
    void shouldRefuseAScriptThatNothingInjects() {
        assertThatThrownBy(() -> workbench("clock jump worker-0 30s at step 3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "nothing injects clock jump into the workers of one process; `pando chaos simulate` does");
    }
}
