package dev.pando.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.training.step.CheckpointStore;
import dev.pando.training.step.Collective;
import dev.pando.training.step.ForwardingCollective;
import dev.pando.training.step.LocalCollective;
import dev.pando.training.step.ShardTree;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Jobs that run at once on the same devices do not hold each other up.
class TwoJobsTest {
    private static final long DEADLINE_S = 60;
    private static final long STEPS = 12;
    private static final long MARK = 5;
    private static final JobSpec FIRST = new JobSpec("first", STEPS, 4, 2, 1_000, "");
    private static final JobSpec SECOND = new JobSpec("second", STEPS, 6, 2, 1_000, "");

    private final CountDownLatch firstWaits = new CountDownLatch(1);
    private final CountDownLatch secondWaits = new CountDownLatch(1);
    private final LocalCollective.Meeting meeting = new LocalCollective.Meeting();
    private final Map<String, BlockingQueue<JobEvent>> events = new ConcurrentHashMap<>();
    private final ActorSystem<NodeSupervisor.Command> system =
            ActorSystem.create(NodeSupervisor.create(List.of("worker-0", "worker-1"), new Bench(), slow()), "two-jobs");

    /// All work seems to take very long, so that no worker is given up because the machine is busy with something else.
    private static Stopwatch slow() {
        Stopwatch system = Stopwatch.system();
        long begin = system.nanos();
        return () -> 1_000_000 * (system.nanos() - begin);
    }

    @AfterEach
    void stop() {
        system.terminate();
    }

    /// Each of the two stands still in its own sum until the other one does on the other device.
    @Test
    void shouldAddUpTwoJobsWhoseWorkersWaitOnTwoDevicesForEachOther() throws InterruptedException {
        submit(FIRST);
        submit(SECOND);

        List<JobEvent> first = awaitEnd(FIRST);
        List<JobEvent> second = awaitEnd(SECOND);

        assertThat(first).noneMatch(JobEvent.WorkerLost.class::isInstance);
        assertThat(second).noneMatch(JobEvent.WorkerLost.class::isInstance);
        assertThat(hash(first)).isEqualTo(undisturbed(FIRST));
        assertThat(hash(second)).isEqualTo(undisturbed(SECOND));
    }

    private static String undisturbed(JobSpec job) throws InterruptedException {
        try (TinyGrove grove = new TinyGrove(1, new MemoryStore())) {
            JobSpec alone = new JobSpec(job.id(), job.steps(), job.shards(), 1, job.checkpointEverySteps(), "");
            return grove.submit(alone).awaitHash();
        }
    }

    private static String hash(List<JobEvent> seen) {
        return ((JobEvent.Finished) seen.getLast()).hash();
    }

    private void submit(JobSpec job) {
        BlockingQueue<JobEvent> heard = new LinkedBlockingQueue<>();
        events.put(job.id(), heard);
        ActorRef<JobEvent> audience =
                system.systemActorOf(
                        Behaviors.receiveMessage(event -> {
                            heard.add(event);
                            return Behaviors.same();
                        }),
                        "audience-" + job.id(),
                        Props.empty());
        AskPattern.<NodeSupervisor.Command, ActorRef<JobSupervisor.Command>>ask(
                        system,
                        replyTo -> new NodeSupervisor.Submit(job, audience, replyTo),
                        Duration.ofSeconds(DEADLINE_S),
                        system.scheduler())
                .toCompletableFuture()
                .join();
    }

    private List<JobEvent> awaitEnd(JobSpec job) throws InterruptedException {
        List<JobEvent> seen = new ArrayList<>();
        do {
            JobEvent event = events.get(job.id()).poll(DEADLINE_S, TimeUnit.SECONDS);
            assertThat(event).as("what follows within %s s on %s", DEADLINE_S, seen).isNotNull();
            seen.add(event);
        } while (!seen.getLast().endsTheJob());
        return seen;
    }

    private final class Bench implements ReplicaFactory {
        private final MemoryStore firstStore = new MemoryStore();
        private final MemoryStore secondStore = new MemoryStore();

        @Override
        public Replica replica(JobSpec job, String worker) {
            return new Replica(new TinyTrainer(), new Waiting(meeting.join(), job, worker));
        }

        @Override
        public CheckpointStore checkpoints(JobSpec job) {
            return job.equals(FIRST) ? firstStore : secondStore;
        }

        @Override
        public Map<String, String> checkpointAttributes(JobSpec job) {
            return Map.of();
        }
    }

    /// In one step the first job waits on one device until the second one waits on the other device, and the reverse.
    private final class Waiting extends ForwardingCollective {
        private final JobSpec job;
        private final String worker;

        Waiting(Collective collective, JobSpec job, String worker) {
            super(collective);
            this.job = job;
            this.worker = worker;
        }

        @Override
        public Outcome allReduce(
                Deadline deadline, Operation operation, ShardTree tree, List<Partial> mine, MemorySegment result) {
            if (operation.number() == MARK) {
                if (job.equals(FIRST) && worker.equals("worker-0")) {
                    meet(firstWaits, secondWaits);
                } else if (job.equals(SECOND) && worker.equals("worker-1")) {
                    meet(secondWaits, firstWaits);
                }
            }
            return super.allReduce(deadline, operation, tree, mine, result);
        }

        private static void meet(CountDownLatch here, CountDownLatch there) {
            here.countDown();
            try {
                there.await(DEADLINE_S, TimeUnit.SECONDS);
            } catch (InterruptedException over) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
