package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import dev.pando.actors.checkpoint.CheckpointWriter;
import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.job.OptimizerShard;
import dev.pando.actors.job.ReplicaInventory;
import dev.pando.actors.job.Wire;
import dev.pando.actors.owner.JobOwner;
import dev.pando.actors.stage.GpuWorker;
import dev.pando.actors.stage.GpuWorker.Leader;
import dev.pando.actors.stage.PipelineStage;
import dev.pando.actors.stage.StageReport;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.training.step.Collective.Member;
import dev.pando.training.step.Collective.Membership;
import dev.pando.training.step.LossHistory;
import dev.pando.training.step.SkipRule;
import dev.pando.training.step.Trainer.Committed;
import dev.pando.training.step.Trainer.Examined;
import dev.pando.training.step.Trainer.ShardLoss;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.SerializationTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.jackson.JacksonCborSerializer;
import org.apache.pekko.serialization.jackson.JacksonJsonSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Keeps whatever crosses the network readable on the other side: of every wire record there is a sample here.
class WireTest {
    private static final List<Class<?>> PROTOCOLS =
            List.of(
                    JobSupervisor.Command.class,
                    StageReport.class,
                    CheckpointWriter.Report.class,
                    PipelineStage.Command.class,
                    GpuWorker.Command.class,
                    CheckpointWriter.Command.class,
                    NodeSupervisor.Command.class,
                    JobOwner.Command.class,
                    JobOwner.Answer.class,
                    JobOwner.Watched.class);

    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final ActorRef<StageReport> SUPERVISOR = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<CheckpointWriter.Report> REPORTS = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<PipelineStage.Command> STAGE = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<GpuWorker.Command> DEVICE = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<CheckpointWriter.Command> WRITER = KIT.spawn(Behaviors.ignore());

    private static final ActorRef<JobOwner.Answer> ANSWERED = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<JobOwner.Watched> WATCHER = KIT.spawn(Behaviors.ignore());
    private static final ActorRef<JobOwner.Command> OWNER = KIT.spawn(Behaviors.ignore());
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00.123456789Z");

    private static final LossHistory HISTORY = LossHistory.EMPTY.then(0, 2.5, 0.1).skipping(1);
    private static final ShardLoss LOSS = new ShardLoss(1.0 / 3, 257);
    private static final JobSpec JOB =
            new JobSpec(
                    "tiny", 20, 8, 3, 10, 3600, "pando.job.name = tiny\n", "sha256:7", "cpu", new SkipRule(50, 2), 2);
    private static final CheckpointWriter.Checkpoint CHECKPOINT =
            new CheckpointWriter.Checkpoint("step-10", 10, HISTORY);

    private static final MomentPlacement PLACEMENT =
            MomentPlacement.none().with("worker-0", List.of(0, 2)).with("worker-1", List.of(1));
    private static final OptimizerShard SHARE =
            new OptimizerShard(
                    3, new TreeSet<>(List.of(0, 2)), false, Optional.of(new OptimizerShard.Prepared(LOSS, HISTORY)));

    private static final List<Wire> SAMPLES =
            List.of(
                    new StageReport.Building("node-1.worker-0#2", DEVICE),
                    new StageReport.Refused("worker-1", DEVICE, "it is of another kind"),
                    new StageReport.Arrived(
                            "node-1.worker-0#2",
                            new ReplicaInventory(
                                    4,
                                    HISTORY,
                                    List.of(0, 3),
                                    List.of(new Committed(3, 1.25, 0.5, 1e-3, 2056)),
                                    Optional.of(SHARE)),
                            31_250_000L,
                            "pando:host=a|stream=7",
                            STAGE,
                            DEVICE),
                    new StageReport.Computed("worker-1", 4, 2, 5, LOSS, 0.0625),
                    new StageReport.Alive("worker-1"),
                    new StageReport.Queued("worker-1", 2, 250_000_000L),
                    new StageReport.Voted("worker-1", 4, 2, new Examined(Double.NaN, -1)),
                    new StageReport.Voted("worker-1", 4, 2, new Examined(Math.nextUp(0.1), Long.MIN_VALUE)),
                    new StageReport.PeerFailed("worker-1", 2, "worker-2", "its process 17 has ended"),
                    new StageReport.Applied("worker-1", 2, new Committed(4, 1.25, 0.5, 1e-3, 2056)),
                    new StageReport.Ready("worker-1", 2, 4),
                    new StageReport.SnapshotTaken("worker-1", 10, 0.002, WRITER),
                    new StageReport.Digested("worker-1", 20, "sha256:00"),
                    new StageReport.Leaving("worker-1", DEVICE),
                    new StageReport.StageFailed("worker-1", "its thread threw"),
                    new CheckpointWriter.Unrecoverable("the disk is full"),
                    new JobSupervisor.Stop(),
                    new JobSupervisor.Cancel(),
                    new JobOwner.Submit(JOB, ANSWERED),
                    new JobOwner.AskStatus(KIT.spawn(Behaviors.ignore())),
                    new JobOwner.AskHistory(7, KIT.spawn(Behaviors.ignore())),
                    new JobOwner.Watch(7, -1, WATCHER),
                    new JobOwner.Unwatch(WATCHER),
                    new JobOwner.Stop(ANSWERED),
                    new JobOwner.Cancel(ANSWERED),
                    new JobOwner.Accepted("tiny"),
                    new JobOwner.Refused("it runs already"),
                    new JobOwner.Watching(OWNER),
                    new JobOwner.Told(7, NOON, new JobEvent.StateLoaded(10, "step-10", List.of("step-20 is cut off"))),
                    new JobOwner.History("tiny", 1, entries()),
                    new JobStatus(
                            "tiny",
                            JobStatus.Phase.RUNNING,
                            "pekko://pando@a:1",
                            2,
                            10,
                            20,
                            7,
                            Double.NaN,
                            0.5,
                            List.of("worker-0"),
                            List.of(new JobStatus.Straggler("worker-0", 2.5)),
                            List.of(new JobStatus.Refusal("worker-1", "it is of another kind")),
                            1,
                            "step 10 begins"),
                    new CheckpointWriter.Found(Optional.empty(), List.of()),
                    new CheckpointWriter.Found(Optional.of(CHECKPOINT), List.of("step-11 is cut off")),
                    new CheckpointWriter.Durable(10, "step-10", 1L << 40, 0.25),
                    new CheckpointWriter.NotWritten(10, "the disk is full"),
                    new CheckpointWriter.Damaged(10, "checkpoint step-5 is damaged"),
                    new CheckpointWriter.FindNewest(JOB, REPORTS),
                    new PipelineStage.EnterEpoch(
                            4, new Membership("tiny", 2, List.of(new Member("worker-1", "pando:host=a|stream=7")))),
                    new PipelineStage.Compute(4, 2, List.of(3, 4, 5)),
                    new PipelineStage.Reduce(4, 2, LOSS, 1_000_000_000L),
                    new PipelineStage.Apply(4, 2, LOSS),
                    new PipelineStage.Skip(4, 2),
                    new PipelineStage.Drop(4, 2),
                    new PipelineStage.SendState(2, -1, "worker-2", 12, 20_000_000_000L),
                    new PipelineStage.ReceiveState(2, -1, "worker-1", 4, HISTORY, 20_000_000_000L),
                    new PipelineStage.LoadCheckpoint(2, CHECKPOINT),
                    new PipelineStage.Update(9, 2, Optional.of(LOSS), PLACEMENT, -1L << 24, 20_000_000_000L),
                    new PipelineStage.Regroup(
                            10, 2, HISTORY, PLACEMENT, PLACEMENT, List.of("worker-0"), List.of("worker-2"), -7, 1_000),
                    new PipelineStage.Keep(2, new TreeSet<>(List.of(0, 2))),
                    new PipelineStage.Collect(10, 2, "worker-0", true, PLACEMENT, -7, 1_000),
                    new StageReport.Hashed("worker-0", 2, "sha256:7"),
                    new PipelineStage.TakeSnapshot(2, 10),
                    new PipelineStage.Digest(20),
                    new GpuWorker.Host(JOB, new Leader(2, SUPERVISOR, REPORTS)),
                    new GpuWorker.Release("tiny", 2),
                    new GpuWorker.Abandon("tiny", 2, "silent"),
                    new NodeSupervisor.StopWorker("worker-0"));

    private static List<JobEntry> entries() {
        return List.of(
                new JobEntry.Submitted(NOON, JOB),
                new JobEntry.Led(NOON, 1, "pekko://pando@a:1"),
                new JobEntry.StopAsked(NOON),
                new JobEntry.CancelAsked(NOON),
                new JobEntry.Happened(NOON, new JobEvent.RungTried(JobEvent.Rung.STOP, 3, "enough")));
    }

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
    }

    @Test
    void shouldReadWhatAnotherNodeWrote() {
        SerializationTestKit wire = KIT.serializationTestKit();

        assertThat(SAMPLES)
                .allSatisfy(sample -> {
                    assertThat(SerializationExtension.get(KIT.system()).findSerializerFor(sample))
                            .isInstanceOf(JacksonCborSerializer.class);
                    assertThat(wire.verifySerialization(sample, false)).isEqualTo(sample);
                });
    }

    @Test
    void shouldReadAJournalThatIsText() {
        SerializationTestKit wire = KIT.serializationTestKit();

        assertThat(entries())
                .allSatisfy(entry -> {
                    assertThat(SerializationExtension.get(KIT.system()).findSerializerFor(entry))
                            .isInstanceOf(JacksonJsonSerializer.class);
                    assertThat(wire.verifySerialization(entry, false)).isEqualTo(entry);
                });
        assertThat(entries()).extracting(Object::getClass).contains(JobEntry.class.getPermittedSubclasses());
    }

    @Test
    void shouldNameEveryEventAsTheFilesOfARunDo() {
        assertThat(JobEvent.class.getAnnotation(JsonSubTypes.class).value())
                .<Class<?>>extracting(JsonSubTypes.Type::value)
                .contains(JobEvent.class.getPermittedSubclasses())
                .doesNotHaveDuplicates();
    }

    @Test
    void shouldHaveASampleOfEveryRecordOfEveryProtocol() {
        List<Class<?>> wire =
                PROTOCOLS.stream()
                        .flatMap(WireTest::permitted)
                        .filter(Wire.class::isAssignableFrom)
                        .distinct()
                        .<Class<?>>map(type -> type)
                        .toList();

        assertThat(wire).hasSizeGreaterThan(25).allSatisfy(type -> assertThat(type.isRecord()).isTrue());
        assertThat(wire).isSubsetOf(SAMPLES.stream().<Class<?>>map(Object::getClass).toList());
    }

    private static Stream<Class<?>> permitted(Class<?> type) {
        return type.isSealed()
                ? Arrays.stream(type.getPermittedSubclasses()).flatMap(WireTest::permitted)
                : Stream.of(type);
    }
}
