package dev.pando.chaos.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.NodeSupervisor;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobSpec;
import dev.pando.actors.job.Stopwatch;
import dev.pando.actors.supervisor.JobSupervisor;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.injection.Firing;
import dev.pando.chaos.injection.Injection;
import dev.pando.chaos.injection.PoisonedTrainer;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.Trainer;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A job among real actors, told as a story: `grove = aGrove().of(3).start(); grove.kill(2).at(step(7));
/// grove.awaitStep(20); grove.assertSameHashAsUndisturbed();`
///
/// The job is submitted by the first `await`, so that a story can name its faults before anything happens.
final class Grove implements AutoCloseable {
    private static final long DEADLINE_S = 60;

    private final Builder plan;
    private final JobSpec job;
    private final List<String> faults = new ArrayList<>();
    private final BlockingQueue<JobEvent> events = new LinkedBlockingQueue<>();
    private final List<JobEvent> history = new ArrayList<>();
    private Injection injection;
    private ActorSystem<NodeSupervisor.Command> system;

    private Grove(Builder plan) {
        this.plan = plan;
        this.job = new JobSpec("grove", plan.steps, plan.shards, plan.workers, plan.checkpointEvery, "");
    }

    static Builder aGrove() {
        return new Builder();
    }

    static String step(long step) {
        return "at step " + step;
    }

    static final class Builder {
        private int workers = 3;
        private int shards = 7;
        private long steps = 20;
        private long checkpointEvery = 5;
        private long seed = 1;
        private Bed bed = Bed.toy();

        Builder of(int count) {
            workers = count;
            return this;
        }

        Builder steps(long count) {
            steps = count;
            return this;
        }

        Builder shards(int count) {
            shards = count;
            return this;
        }

        Builder checkpointEvery(long count) {
            checkpointEvery = count;
            return this;
        }

        Builder seed(long given) {
            seed = given;
            return this;
        }

        Builder on(Bed given) {
            bed = given;
            return this;
        }

        Grove start() {
            return new Grove(this);
        }
    }

    /// Finishes the sentence that a fault begins.
    record Blow(Grove grove, String begun) {
        Grove at(String when) {
            grove.faults.add(begun + " " + when);
            return grove;
        }
    }

    Blow kill(int worker) {
        return new Blow(this, "kill worker-" + worker);
    }

    Blow hang(int worker) {
        return new Blow(this, "hang worker-" + worker);
    }

    Blow throwIn(int worker) {
        return new Blow(this, "throw worker-" + worker);
    }

    Blow stop(int worker, String duration) {
        return new Blow(this, "stop worker-" + worker + " " + duration);
    }

    Grove suffers(String script) {
        faults.add(script);
        return this;
    }

    private void begin() {
        if (system != null) {
            return;
        }
        FaultScript script = FaultScript.parse(String.join(", ", faults));
        injection = Injection.of(script, plan.workers, plan.steps, plan.seed, plan.bed.checkpoints());
        List<String> devices = IntStream.range(0, plan.workers).mapToObj(i -> "worker-" + i).toList();
        system =
                ActorSystem.create(
                        NodeSupervisor.create(devices, injection.apply(plan.bed.workbench()), Stopwatch.system()),
                        "grove");
        ActorRef<JobEvent> audience =
                system.systemActorOf(
                        Behaviors.receiveMessage(event -> {
                            events.add(event);
                            return Behaviors.same();
                        }),
                        "audience",
                        Props.empty());
        AskPattern.<NodeSupervisor.Command, ActorRef<JobSupervisor.Command>>ask(
                        system,
                        replyTo -> new NodeSupervisor.Submit(job, audience, replyTo),
                        Duration.ofSeconds(DEADLINE_S),
                        system.scheduler())
                .toCompletableFuture()
                .orTimeout(DEADLINE_S, TimeUnit.SECONDS)
                .join();
    }

    /// Waits until a step is committed.
    Grove awaitStep(long step) throws InterruptedException {
        await(
                "commit of step " + step,
                event -> event instanceof JobEvent.StepCommitted committed && committed.step() == step);
        return this;
    }

    /// Waits until the job is over, one way or another.
    Grove awaitEnd() throws InterruptedException {
        await(
                "end",
                event ->
                        event instanceof JobEvent.Finished
                                || event instanceof JobEvent.Failed
                                || event instanceof JobEvent.Stopped);
        return this;
    }

    private void await(String what, Predicate<JobEvent> awaited) throws InterruptedException {
        begin();
        while (history.stream().noneMatch(awaited)) {
            JobEvent event = events.poll(DEADLINE_S, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no " + what + " within " + DEADLINE_S + " s\n" + story());
            }
            history.add(event);
        }
    }

    List<JobEvent> history() {
        return history;
    }

    List<Firing> firings() {
        return injection.firings();
    }

    <E extends JobEvent> List<E> events(Class<E> kind) {
        return history.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    Grove assertSameHashAsUndisturbed() throws InterruptedException {
        awaitEnd();
        List<JobEvent> undisturbed = undisturbed();
        assertThat(history.getLast()).as(story()).isEqualTo(undisturbed.getLast());
        assertThat(Judge.judge(History.of(history), History.of(undisturbed))).as(story()).isEmpty();
        return this;
    }

    Grove assertEveryFaultFired() {
        assertThat(injection.neverFired()).as(story()).isEmpty();
        return this;
    }

    Grove assertNoStepRedone() {
        assertThat(events(JobEvent.StepCommitted.class)).as(story()).hasSize((int) plan.steps);
        return this;
    }

    /// The history of the same job by the plain loop.
    private List<JobEvent> undisturbed() {
        List<JobEvent> expected = new ArrayList<>();
        expected.add(new JobEvent.Started(0, false));
        try (Arena arena = Arena.ofConfined();
                Trainer sound = plan.bed.workbench().replica(job, "undisturbed").trainer()) {
            Trainer trainer = PoisonedTrainer.of(injection.script(), sound);
            PlainLoop loop = new PlainLoop(trainer, plan.shards, Memory.of(arena), job.skip());
            loop.run(
                    plan.steps,
                    step ->
                            expected.add(
                                    new JobEvent.StepCommitted(
                                            step.step(),
                                            0,
                                            step.loss(),
                                            step.gradientNorm(),
                                            step.learningRate(),
                                            step.tokens(),
                                            0,
                                            1)));
            expected.add(new JobEvent.Finished(plan.steps, loop.hash()));
        }
        return expected;
    }

    private String story() {
        StringBuilder story =
                new StringBuilder(
                        "seed " + plan.seed + ", " + plan.workers + " workers, faults: " + String.join(", ", faults));
        injection.firings().forEach(firing -> story.append("\n  ").append(firing));
        history.forEach(event -> story.append("\n  ").append(event));
        return story.append('\n').toString();
    }

    @Override
    public void close() {
        if (system != null) {
            system.terminate();
        }
    }
}
