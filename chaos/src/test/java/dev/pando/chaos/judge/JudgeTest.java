package dev.pando.chaos.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.CheckpointDurable;
import dev.pando.actors.job.JobEvent.EpochOpened;
import dev.pando.actors.job.JobEvent.Failed;
import dev.pando.actors.job.JobEvent.Finished;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.JobEvent.RungTried;
import dev.pando.actors.job.JobEvent.ShardsMoved;
import dev.pando.actors.job.JobEvent.SnapshotTaken;
import dev.pando.actors.job.JobEvent.Started;
import dev.pando.actors.job.JobEvent.StateLoaded;
import dev.pando.actors.job.JobEvent.StepCommitted;
import dev.pando.actors.job.JobEvent.StepDropped;
import dev.pando.actors.job.JobEvent.WorkerJoined;
import dev.pando.actors.job.JobEvent.WorkerLost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

// Long because each rule stands beside a history that breaks it.
class JudgeTest {
    /// A worker dies in step 1, its shards move, it comes back; then all workers die, and the job goes back to step 2.
    private static final List<JobEvent> EVENTFUL =
            List.of(
                    new Started(0, false),
                    new WorkerJoined("worker-0", 0),
                    new WorkerJoined("worker-1", 0),
                    new EpochOpened(1, 0, "begins", List.of("worker-0", "worker-1")),
                    step(0, 1),
                    new WorkerLost("worker-1", 1, "killed"),
                    new EpochOpened(2, 1, "lost", List.of("worker-0")),
                    new ShardsMoved(1, 2, List.of(4, 5), "worker-0"),
                    new EpochOpened(3, 2, "state for worker-1#2", List.of("worker-0", "worker-1#2")),
                    step(1, 2), // its report comes after the next epoch was opened
                    new RungTried(Rung.REBUILD_FROM_PEER, 2, "worker-1#2 from worker-0"),
                    new WorkerJoined("worker-1#2", 2),
                    new CheckpointDurable(2, "step-2", 1, 0.1),
                    step(2, 3),
                    new WorkerLost("worker-0", 3, "killed"),
                    new WorkerLost("worker-1#2", 3, "killed"),
                    new RungTried(Rung.LOAD_CHECKPOINT, 3, "the newest"),
                    new EpochOpened(4, 2, "loading", List.of("worker-0#2")),
                    new WorkerJoined("worker-0#2", 2),
                    new StateLoaded(2, "step-2", List.of()),
                    step(2, 4),
                    step(3, 4),
                    new CheckpointDurable(4, "step-4", 1, 0.1),
                    new Finished(4, "sha256:00"));

    private static final List<JobEvent> UNDISTURBED =
            List.of(
                    new Started(0, false),
                    new EpochOpened(1, 0, "begins", List.of("worker-0")),
                    step(0, 1),
                    step(1, 1),
                    step(2, 1),
                    step(3, 1),
                    new CheckpointDurable(4, "step-4", 1, 0.1),
                    new Finished(4, "sha256:00"));

    /// For each rule, a history that breaks it and nothing else of note.
    private static final Map<Rule, UnaryOperator<List<JobEvent>>> CRIMES =
            Map.ofEntries(
                    Map.entry(Rule.BEGINS, history -> history.subList(1, history.size())),
                    Map.entry(Rule.STEPS_IN_ORDER, history -> without(history, step(1, 2))),
                    Map.entry(
                            Rule.NO_STEP_REDONE, history -> without(history, new WorkerLost("worker-0", 3, "killed"))),
                    Map.entry(
                            Rule.ROLLBACK_HAS_A_CHECKPOINT,
                            history -> without(history, new CheckpointDurable(2, "step-2", 1, 0.1))),
                    Map.entry(
                            Rule.SAME_COMMIT_AGAIN,
                            history ->
                                    replaced(
                                            history,
                                            step(2, 4),
                                            new StepCommitted(2, 4, 2.5000001, 1, 1e-3, 80, 1, 1))),
                    Map.entry(
                            Rule.EPOCHS_RISE,
                            history ->
                                    replaced(
                                            history,
                                            new EpochOpened(4, 2, "loading", List.of("worker-0#2")),
                                            new EpochOpened(3, 2, "loading", List.of("worker-0#2")))),
                    Map.entry(Rule.NO_OLD_EPOCH, history -> replaced(history, step(1, 2), step(1, 1))),
                    Map.entry(
                            Rule.NO_LOST_WORKER,
                            history ->
                                    replaced(
                                            history,
                                            new WorkerJoined("worker-1#2", 2),
                                            new WorkerJoined("worker-1", 2))),
                    Map.entry(
                            Rule.SHARDS_GO_ONCE,
                            history ->
                                    replaced(
                                            history,
                                            new ShardsMoved(1, 2, List.of(4, 5), "worker-0"),
                                            new ShardsMoved(1, 2, List.of(4, 5), "worker-1"))),
                    Map.entry(
                            Rule.RUNGS_IN_ORDER,
                            history -> replaced(history, history.getLast(), new Failed(4, "nothing was tried"))),
                    Map.entry(
                            Rule.CHECKPOINTS_OF_COMMITTED_STEPS,
                            history ->
                                    replaced(
                                            history,
                                            new CheckpointDurable(4, "step-4", 1, 0.1),
                                            new CheckpointDurable(5, "step-5", 1, 0.1))),
                    Map.entry(
                            Rule.FINISHES_COMPLETE,
                            history -> replaced(history, history.getLast(), new Finished(5, "sha256:00"))),
                    Map.entry(Rule.RUN_ENDS, history -> history.subList(0, history.size() - 1)),
                    Map.entry(
                            Rule.SAME_LOSS_HISTORY,
                            history ->
                                    history.stream()
                                            .map(event ->
                                                    event instanceof StepCommitted step && step.step() == 3
                                                            ? new StepCommitted(3, 4, 3.5, 1, 1e-3, 70, 1, 1)
                                                            : event)
                                            .toList()),
                    Map.entry(
                            Rule.SAME_HASH,
                            history -> replaced(history, history.getLast(), new Finished(4, "sha256:01"))));

    private static StepCommitted step(long step, long epoch) {
        return new StepCommitted(step, epoch, step + 0.5, 1, 1e-3, 80, 1, 2);
    }

    private static List<JobEvent> without(List<JobEvent> history, JobEvent event) {
        return history.stream().filter(each -> !each.equals(event)).toList();
    }

    private static List<JobEvent> replaced(List<JobEvent> history, JobEvent event, JobEvent by) {
        assertThat(history).contains(event);
        return history.stream().map(each -> each.equals(event) ? by : each).toList();
    }

    private static List<JobEvent> with(List<JobEvent> history, JobEvent... more) {
        List<JobEvent> all = new ArrayList<>(history);
        all.addAll(Arrays.asList(more));
        return all;
    }

    private static List<JobEvent> inserted(List<JobEvent> history, JobEvent after, JobEvent more) {
        List<JobEvent> all = new ArrayList<>(history);
        all.add(history.indexOf(after) + 1, more);
        return all;
    }

    private static List<String> sentences(List<JobEvent> history) {
        return Judge.judge(History.of(history), History.of(UNDISTURBED)).stream().map(Violation::sentence).toList();
    }

    private static Set<Rule> broken(List<JobEvent> history) {
        return Judge.judge(History.of(history), History.of(UNDISTURBED)).stream()
                .map(Violation::rule)
                .collect(Collectors.toSet());
    }

    @Test
    void shouldFindNothingWrongWithAnEventfulHistory() {
        assertThat(Judge.judge(History.of(EVENTFUL), History.of(UNDISTURBED))).isEmpty();
        assertThat(Judge.judge(History.of(UNDISTURBED), History.of(UNDISTURBED))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Rule.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"NOBODY_LOST_IN_PEACE", "LEADER_HAS_A_LAST_WORD", "JOURNAL_IS_WHAT_WAS_TOLD"}) // see Onlooker
    void shouldFlagEveryRuleThatIsBroken(Rule rule) {
        List<JobEvent> crime = CRIMES.get(rule).apply(EVENTFUL);

        assertThat(broken(crime)).contains(rule);
    }

    /// Of the crimes that do not entail another.
    @ParameterizedTest
    @EnumSource(
            value = Rule.class,
            names = {
                "NO_STEP_REDONE",
                "ROLLBACK_HAS_A_CHECKPOINT",
                "SHARDS_GO_ONCE",
                "RUNGS_IN_ORDER",
                "CHECKPOINTS_OF_COMMITTED_STEPS",
                "FINISHES_COMPLETE",
                "RUN_ENDS",
                "SAME_LOSS_HISTORY",
                "SAME_HASH"
            })
    void shouldFlagNoOtherRule(Rule rule) {
        assertThat(broken(CRIMES.get(rule).apply(EVENTFUL))).containsExactly(rule);
    }

    @Test
    void shouldFlagARunThatSkipsTheDeadReplicasSamples() {
        // no worker takes over shards 4 and 5: the step is committed with fewer tokens, and another loss
        List<JobEvent> skipping =
                replaced(
                        without(EVENTFUL, new ShardsMoved(1, 2, List.of(4, 5), "worker-0")),
                        step(1, 2),
                        new StepCommitted(1, 2, 1.4, 1, 1e-3, 60, 1, 1));

        assertThat(broken(skipping)).containsExactly(Rule.SAME_LOSS_HISTORY);
        assertThat(sentences(skipping))
                .containsExactly(
                        "step 1 has loss 1.4, norm 1.0, rate 0.001, 60 tokens,"
                                + " undisturbed it has loss 1.5, norm 1.0, rate 0.001, 80 tokens");
    }

    @Test
    void shouldFlagTwoLeaders() {
        // two supervisors, each with its epoch, commit the same steps into one journal
        List<JobEvent> twoLeaders =
                List.of(
                        new Started(0, false),
                        new EpochOpened(1, 0, "begins", List.of("worker-0")),
                        new EpochOpened(1, 0, "begins", List.of("worker-1")),
                        step(0, 1),
                        step(0, 1),
                        new CheckpointDurable(1, "step-1", 1, 0.1),
                        new CheckpointDurable(1, "step-1", 1, 0.1),
                        new Finished(1, "sha256:00"));

        assertThat(broken(twoLeaders))
                .contains(Rule.EPOCHS_RISE, Rule.STEPS_IN_ORDER, Rule.CHECKPOINTS_OF_COMMITTED_STEPS);
        assertThat(sentences(twoLeaders))
                .contains(
                        "epoch 1 is opened after 1",
                        "step 0 is committed, due is 1",
                        "the checkpoint of 1 steps is published twice");
    }

    /// The second supervisor found that step 2 was committed which the first one did not report.
    private static final List<JobEvent> TAKEN_OVER =
            List.of(
                    new Started(0, false),
                    new WorkerJoined("worker-0", 0),
                    new WorkerJoined("worker-1", 0),
                    new EpochOpened(101, 0, "begins", List.of("worker-0", "worker-1")),
                    step(0, 101),
                    new SnapshotTaken(1, 0.1),
                    step(1, 101),
                    step(2, 200),
                    new Started(3, true),
                    new WorkerLost("worker-0", 3, "its node is gone, and with it the supervisor"),
                    new WorkerJoined("worker-1", 3),
                    new EpochOpened(201, 3, "begins", List.of("worker-1")),
                    step(3, 201),
                    new Finished(4, "sha256:00"));

    @Test
    void shouldAllowASupervisorToTakeOver() {
        assertThat(broken(TAKEN_OVER)).isEmpty();
    }

    @Test
    void shouldFlagAFirstLeaderThatGoesOnAfterTheSecondTookOver() {
        List<JobEvent> twoLeaders = inserted(TAKEN_OVER, step(3, 201), step(3, 101));

        assertThat(broken(twoLeaders)).contains(Rule.NO_OLD_EPOCH, Rule.STEPS_IN_ORDER);
        assertThat(sentences(twoLeaders))
                .contains(
                        "step 3 is committed in epoch 101, it was to be that of epoch 201",
                        "step 3 is committed, due is 4");
    }

    @Test
    void shouldFlagASupervisorThatRedoesWhatAWorkerHolds() {
        List<JobEvent> forgetful = new ArrayList<>(TAKEN_OVER.subList(0, 7));
        forgetful.addAll(
                List.of(
                        new Started(1, true),
                        new EpochOpened(201, 1, "loading checkpoint step-1", List.of("worker-1")),
                        step(1, 201),
                        step(2, 201),
                        step(3, 201),
                        new Finished(4, "sha256:00")));

        assertThat(broken(forgetful)).containsExactly(Rule.NO_STEP_REDONE);
        assertThat(sentences(forgetful)).containsExactly("it goes on at step 1 while worker-1 held a later state");
    }

    @Test
    void shouldFlagAMinorityThatWentOn() {
        // worker-1 committed steps 1 and 2 with its supervisor, cut off from worker-0, which goes on after step 0
        List<JobEvent> minority =
                List.of(
                        new Started(0, false),
                        new WorkerJoined("worker-0", 0),
                        new WorkerJoined("worker-1", 0),
                        new EpochOpened(101, 0, "begins", List.of("worker-0", "worker-1")),
                        step(0, 101),
                        new WorkerLost("worker-0", 1, "silent"),
                        new EpochOpened(102, 1, "lost", List.of("worker-1")),
                        step(1, 102),
                        step(2, 102),
                        new Started(1, true),
                        new WorkerLost("worker-1", 1, "its node is gone, and with it the supervisor"),
                        new WorkerJoined("worker-0", 1),
                        new EpochOpened(201, 1, "begins", List.of("worker-0")),
                        step(1, 201),
                        step(2, 201),
                        step(3, 201),
                        new Finished(4, "sha256:00"));

        assertThat(broken(minority)).containsExactly(Rule.NO_STEP_REDONE);
        assertThat(sentences(minority))
                .containsExactly(
                        "it goes on at step 1 from what its workers held, and 3 were committed: by a minority, or they"
                                + " were lost");
    }

    @Test
    void shouldFlagADurableCheckpointThatIsPassedOver() {
        List<JobEvent> passed = inserted(EVENTFUL, step(0, 1), new CheckpointDurable(1, "step-1", 1, 0.1));
        StateLoaded newest = new StateLoaded(2, "step-2", List.of());

        assertThat(broken(passed)).isEmpty();
        assertThat(sentences(replaced(passed, newest, new StateLoaded(1, "step-1", List.of()))))
                .contains(
                        "it goes back to step 1, though a newer checkpoint was durable, and was not reported as"
                                + " damaged");
        assertThat(sentences(replaced(passed, newest, new StateLoaded(1, "step-1", List.of("step-2 is damaged")))))
                .noneMatch(sentence -> sentence.contains("newer checkpoint"));
    }

    @Test
    void shouldFlagStepsOfAnEpochThatNobodyOpened() {
        assertThat(broken(without(TAKEN_OVER, new Started(3, true)))).contains(Rule.NO_OLD_EPOCH);
        assertThat(broken(replaced(EVENTFUL, step(3, 4), step(3, 5)))).contains(Rule.NO_OLD_EPOCH);
    }

    @Test
    void shouldAllowACheckpointThatBecameDurableWhileNobodyWasLeftToTell() {
        List<JobEvent> unheard = new ArrayList<>(TAKEN_OVER.subList(0, TAKEN_OVER.size() - 2));
        unheard.addAll(
                List.of(
                        new WorkerLost("worker-1", 3, "killed"),
                        new RungTried(Rung.LOAD_CHECKPOINT, 3, "the newest"),
                        new StateLoaded(1, "step-1", List.of()),
                        new EpochOpened(202, 1, "begins", List.of("worker-1#2")),
                        step(1, 202),
                        step(2, 202),
                        step(3, 202),
                        new Finished(4, "sha256:00")));

        assertThat(broken(unheard)).isEmpty();
    }

    @Test
    void shouldAllowACrashedProcessToBeResumedFromItsCheckpoint() {
        List<JobEvent> resumed =
                with(
                        EVENTFUL.subList(0, 14),
                        new Started(2, true),
                        new EpochOpened(1, 2, "begins", List.of("worker-0")),
                        step(2, 1),
                        step(3, 1),
                        new Finished(4, "sha256:00"));

        assertThat(Judge.judge(History.of(resumed), History.of(UNDISTURBED))).isEmpty();
    }

    @Test
    void shouldFlagAResumeThatForgetsTheDataPosition() {
        List<JobEvent> forgetful =
                with(
                        EVENTFUL.subList(0, 14),
                        new Started(2, true),
                        new EpochOpened(1, 2, "begins", List.of("worker-0")),
                        new StepCommitted(2, 1, 0.5, 1, 1e-3, 80, 1, 1),
                        step(3, 1),
                        new Finished(4, "sha256:01"));

        assertThat(broken(forgetful)).contains(Rule.SAME_COMMIT_AGAIN, Rule.SAME_LOSS_HISTORY, Rule.SAME_HASH);
    }

    @Test
    void shouldAllowACheckpointToBeLoadedWhereReplicasDiffer() {
        List<JobEvent> split =
                List.of(
                        new Started(0, false),
                        new WorkerJoined("worker-0", 0),
                        new WorkerJoined("worker-1", 0),
                        new EpochOpened(1, 0, "begins", List.of("worker-0", "worker-1")),
                        step(0, 1),
                        new StepDropped(1, 1, "no majority"),
                        new RungTried(Rung.LOAD_CHECKPOINT, 1, "the newest"),
                        new StateLoaded(0, "the initial weights", List.of()),
                        new EpochOpened(2, 0, "begins", List.of("worker-0#2")),
                        step(0, 2),
                        new Finished(1, "sha256:00"));

        assertThat(Judge.judge(History.of(split))).isEmpty();
    }

    @Test
    void shouldFlagWhatComesAfterTheLastRungButAFailure() {
        List<JobEvent> defiant =
                with(
                        UNDISTURBED.subList(0, 3),
                        new RungTried(Rung.STOP, 1, "hopeless"),
                        step(1, 1),
                        new Failed(2, "hopeless"));

        assertThat(Judge.judge(History.of(defiant)).stream().map(Violation::rule)).contains(Rule.RUNGS_IN_ORDER);
    }

    @Test
    void shouldKnowThatAFolderForgetsStepsThatWereTakenBack() {
        // killed after step 3, whose checkpoint was not reported; steps 2 and 3 were taken back when it was resumed
        List<JobEvent> kept =
                with(
                        EVENTFUL.subList(0, 13),
                        new SnapshotTaken(4, 0.1),
                        new Started(2, true),
                        new EpochOpened(1, 2, "begins", List.of("worker-0")),
                        step(2, 1),
                        step(3, 1),
                        new Finished(4, "sha256:00"));

        assertThat(Judge.judge(new History(kept, false, 0), History.of(UNDISTURBED))).isEmpty();
        assertThat(Judge.judge(new History(kept, true, 0)))
                .extracting(Violation::rule)
                .containsExactly(Rule.CHECKPOINTS_OF_COMMITTED_STEPS);
    }
}
