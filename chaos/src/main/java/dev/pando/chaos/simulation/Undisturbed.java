package dev.pando.chaos.simulation;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.FaultScript;
import dev.pando.chaos.injection.PoisonedTrainer;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.simulation.world.Model;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.step.Trainer;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Histories of jobs where nothing goes wrong, by the plain loop; each is told once.
final class Undisturbed {
    private record Job(int shards, long steps, FaultScript data) {}

    private final Map<Job, History> told = new HashMap<>();

    History of(Plan plan) {
        return told.computeIfAbsent(new Job(plan.shards(), plan.steps(), plan.faults().ofTheData()), Undisturbed::tell);
    }

    private static History tell(Job job) {
        List<JobEvent> events = new ArrayList<>();
        events.add(new JobEvent.Started(0, false));
        try (Arena arena = Arena.ofConfined()) {
            Trainer trainer = PoisonedTrainer.of(job.data(), Model.undisturbed(arena));
            PlainLoop loop = new PlainLoop(trainer, job.shards(), Memory.of(arena), Model.SKIP);
            loop.run(
                    job.steps(),
                    step ->
                            events.add(
                                    new JobEvent.StepCommitted(
                                            step.step(),
                                            0,
                                            step.loss(),
                                            step.gradientNorm(),
                                            step.learningRate(),
                                            step.tokens(),
                                            0,
                                            1)));
            events.add(new JobEvent.Finished(job.steps(), loop.hash()));
        } catch (IllegalStateException tooMuch) { // of the data is bad
            events.add(new JobEvent.Failed(events.size() - 1, tooMuch.getMessage()));
        }
        return History.of(events);
    }
}
