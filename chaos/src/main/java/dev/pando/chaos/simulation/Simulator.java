package dev.pando.chaos.simulation;

import dev.pando.actors.job.JobEvent;
import dev.pando.chaos.faults.Kind;
import dev.pando.chaos.judge.History;
import dev.pando.chaos.judge.Judge;
import dev.pando.chaos.judge.Rule;
import dev.pando.chaos.judge.Violation;
import dev.pando.chaos.simulation.engine.SimulatedSystem;
import dev.pando.chaos.simulation.world.Plan;
import dev.pando.chaos.simulation.world.SimulatedWorld;
import dev.pando.chaos.simulation.world.Tampering;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// Lives through plans with the actors that ship, far faster than life, and judges what became of each: one plan is one
/// history, today and tomorrow.
///
/// ```java
/// try (Simulator simulator = new Simulator()) {
///     Chronicle chronicle = simulator.run(Plans.draw(4711, 8));
///     assertThat(chronicle.violations()).isEmpty();
/// }
/// ```
///
/// For one thread.
public final class Simulator implements AutoCloseable {
    private static final long DEADLINE_NS = 4L * 3600 * 1_000_000_000;
    private static final long MOST_TURNS_A_STEP = 200_000;
    private static final Set<Kind> SEEN_BY_COMPARISON = Set.of(Kind.BIT_FLIP, Kind.CORRUPT_FRAME);
    private static final Set<Rule> OF_NUMBERS = Set.of(Rule.SAME_HASH, Rule.SAME_LOSS_HISTORY, Rule.SAME_COMMIT_AGAIN);
    private static final Set<Kind> MAY_END_A_JOB = Set.of(Kind.DISK_FULL, Kind.STORE_DOWN);

    private final SimulatedSystem system;
    private final Undisturbed undisturbed = new Undisturbed();
    private final Coverage coverage = new Coverage();

    public Simulator() {
        Quiet.make();
        system = new SimulatedSystem();
    }

    /// What all plans so far have visited.
    public Coverage coverage() {
        return coverage;
    }

    public Chronicle run(Plan plan) {
        return run(plan, Tampering.NONE, false);
    }

    /// @param logged whether every turn is written down
    public Chronicle run(Plan plan, Tampering tampering, boolean logged) {
        Onlooker onlooker = new Onlooker();
        Scribe scribe = new Scribe(coverage, onlooker, logged);
        try (SimulatedWorld world = new SimulatedWorld(system, plan, tampering, scribe)) {
            long before = system.engine().taken();
            world.begin();
            long most = MOST_TURNS_A_STEP * (plan.steps() + 50) * Math.max(1, plan.workers() / 8);
            system.engine().run(world::isOver, DEADLINE_NS, most);
            coverage.struck(world.struck());
            History history = History.of(world.events()).sharded(plan.optimizerCopies());
            List<Violation> violations = new ArrayList<>(judge(plan, history));
            onlooker.sights()
                    .forEach(sight ->
                            violations.add(new Violation(sight.rule(), history.events().size(), sight.sentence())));
            violations.addAll(compare(world.journalled(), history));
            violations.removeIf(violation -> isUnheard(violation, history, world));
            return new Chronicle(
                    plan,
                    history,
                    violations,
                    system.engine().nowNs(),
                    system.engine().taken() - before,
                    scribe.lines(),
                    scribe.digest());
        }
    }

    /// A checkpoint may be durable that is not reported yet, since its writer is cut off.
    private static boolean isUnheard(Violation violation, History history, SimulatedWorld world) {
        return violation.rule() == Rule.ROLLBACK_HAS_A_CHECKPOINT
                && history.events().get(violation.position()) instanceof JobEvent.StateLoaded loaded
                && world.isOnDisk(loaded.step())
                && violation.sentence().endsWith("of which there is no checkpoint");
    }

    /// If all nodes of the start refuse, the job does not wait for others.
    private static boolean isRefusedByAll(Plan plan, JobEvent.Failed failed) {
        return plan.circumstances().unfit() >= 0 && failed.step() == 0;
    }

    /// What is told and what is written is the same, but for what is too frequent for a journal.
    private static List<Violation> compare(List<JobEvent> journal, History history) {
        List<JobEvent> told =
                history.events().stream()
                        .filter(event ->
                                !(event instanceof JobEvent.StepCommitted || event instanceof JobEvent.SnapshotTaken))
                        .toList();
        for (int i = 0; i < Math.max(told.size(), journal.size()); i++) {
            String said = i < told.size() ? told.get(i).toString() : "nothing";
            String written = i < journal.size() ? journal.get(i).toString() : "nothing";
            if (!said.equals(written)) {
                return List.of(
                        new Violation(
                                Rule.JOURNAL_IS_WHAT_WAS_TOLD,
                                i,
                                "the journal says " + written + " where " + said + " was told"));
            }
        }
        return List.of();
    }

    private List<Violation> judge(Plan plan, History history) {
        Set<Kind> kinds = new HashSet<>();
        plan.faults().faults().forEach(fault -> kinds.add(fault.effect().kind()));
        boolean alone = history.all(JobEvent.StepCommitted.class).anyMatch(step -> step.workers() == 1);
        boolean unseen = alone && kinds.stream().anyMatch(SEEN_BY_COMPARISON::contains);
        List<Violation> violations = new ArrayList<>(Judge.judge(history, undisturbed.of(plan)));
        violations.removeIf(violation -> unseen && OF_NUMBERS.contains(violation.rule()));
        violations.removeIf(violation -> isOfLostMoments(violation, plan, history));
        boolean mute = kinds.contains(Kind.JOURNAL_DOWN); // a report of a step that waits may be lost with its owner
        violations.removeIf(violation ->
                mute && violation.rule() == Rule.STEPS_IN_ORDER && isWhereSomebodyTakesOver(violation, history));
        boolean mayEnd =
                kinds.stream().anyMatch(MAY_END_A_JOB::contains)
                        || undisturbed.of(plan).events().getLast() instanceof JobEvent.Failed;
        history.all(JobEvent.Failed.class)
                .filter(failed -> !mayEnd && !isRefusedByAll(plan, failed))
                .forEach(failed ->
                        violations.add(
                                new Violation(
                                        Rule.RUN_ENDS,
                                        history.events().size() - 1,
                                        "the job gave up: " + failed.diagnosis())));
        return violations;
    }

    /// Between two steps, or in what is reported at a takeover: all steps that were found, and then that it has.
    private static boolean isWhereSomebodyTakesOver(Violation violation, History history) {
        int here = Math.min(violation.position(), history.events().size() - 1);
        List<JobEvent> before = history.events().subList(0, here + 1).reversed();
        List<JobEvent> after = history.events().subList(here, history.events().size());
        return Stream.concat(
                        before.stream().skip(1).takeWhile(event -> !(event instanceof JobEvent.StepCommitted)),
                        after.stream().dropWhile(event -> event instanceof JobEvent.StepCommitted).limit(1))
                .anyMatch(event -> event instanceof JobEvent.Started(_, boolean resumed) && resumed);
    }

    /// Where moments are sharded workers may hold the weights of a state whose moments were lost with others. The judge
    /// cannot know; the onlooker does, and says so where none were.
    private static boolean isOfLostMoments(Violation violation, Plan plan, History history) {
        if (plan.optimizerCopies() == 0 || violation.rule() != Rule.NO_STEP_REDONE) {
            return false;
        }
        List<JobEvent> before = history.events().subList(0, violation.position() + 1).reversed();
        for (JobEvent event : before) {
            switch (event) {
                case JobEvent.RungTried tried when Shares.givesUp(tried) -> {
                    return true;
                }
                case JobEvent.StepCommitted _, JobEvent.Started _ -> {
                    return false;
                }
                default -> {}
            }
        }
        return false;
    }

    @Override
    public void close() {
        system.close();
    }
}
