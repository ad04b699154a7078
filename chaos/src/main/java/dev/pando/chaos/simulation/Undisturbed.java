package dev.pando.chaos.simulation;

import dev.pando.actors.JobEvent;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.simulation.world.Model;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.training.step.PlainLoop;
import dev.pando.training.tensor.Memory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Histories of jobs where nothing goes wrong, by the plain loop; each is told once.
final class Undisturbed {
    private record Job(int shards, long steps) {}

    private final Map<Job, History> told = new HashMap<>();

    History of(Plan plan) {
        return told.computeIfAbsent(new Job(plan.shards(), plan.steps()), Undisturbed::tell);
    }

    private static History tell(Job job) {
        List<JobEvent> events = new ArrayList<>();
        events.add(new JobEvent.Started(0, false));
        try (Arena arena = Arena.ofConfined()) {
            PlainLoop loop = new PlainLoop(Model.undisturbed(arena), job.shards(), Memory.of(arena));
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
        }
        return History.of(events);
    }
}
