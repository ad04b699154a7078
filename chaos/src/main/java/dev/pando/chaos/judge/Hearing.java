package dev.pando.chaos.judge;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.StepCommitted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Reads one history from front to back, keeping what the rules must remember.
final class Hearing {
    private static final long NOT_BEGUN = -1;

    private final long[] missingFrom;

    private final List<Violation> violations = new ArrayList<>();
    private final Map<Long, StepCommitted> commits = new HashMap<>();
    private final NavigableMap<Long, Long> epochs =
            new TreeMap<>(); // of this process: each with the step it was opened in
    private final Set<String> epochWorkers = new HashSet<>();
    private final Set<Integer> movedInEpoch = new HashSet<>();
    private final Set<String> holders = new HashSet<>();
    private final Set<String> lost = new HashSet<>();
    private final Set<String> silent = new HashSet<>(); // and have not joined since
    private final Set<Long> durable = new HashSet<>();
    private final Set<Long> taken = new HashSet<>(); // what may be durable, though its writer is cut off
    private final NavigableSet<Long> published = new TreeSet<>(); // since the job last went back
    private final Set<String> heldBefore = new HashSet<>(); // what an earlier start would not have had to redo
    private long stepsBefore;
    private boolean goneSince; // one of them
    private final Set<Long> dropped = new HashSet<>(); // steps that were computed and not applied
    private boolean untold; // the last step of the checkpoint it was started with: who knew of it is gone
    private boolean goesOn; // from what the workers held when it was started, not from a checkpoint
    private boolean goingBack; // to a checkpoint that has not been named yet
    private int passedOver; // checkpoints that are newer than the state it was started with
    private int damaged; // checkpoints of which that is said
    private int position;
    private long nextStep = NOT_BEGUN;
    private long unheard; // up to here a checkpoint may be durable that was never reported
    private long newestEpoch; // of all processes
    private long notSaved = NOT_BEGUN; // the last step of which a checkpoint failed
    private OptionalLong found = OptionalLong.empty(); // epoch of the steps that a new supervisor found
    private boolean distrusted; // a step was dropped since the last commit: what the workers hold may be wrong
    private long skipping = NOT_BEGUN; // the step that was last said to be skipped
    private boolean stopped; // the last rung was tried
    private boolean ended;

    /// @param missingFrom for each event the step from which on commits before it may be missing
    Hearing(long[] missingFrom) {
        this.missingFrom = missingFrom;
    }

    void hear(JobEvent event) {
        require(!ended || event instanceof JobEvent.Started, Rule.RUN_ENDS, event + " comes after the end");
        require(nextStep != NOT_BEGUN || mayComeFirst(event), Rule.BEGINS, "it begins with " + event);
        require(
                !stopped || event instanceof JobEvent.Failed,
                Rule.RUNGS_IN_ORDER,
                "after the last rung comes " + event);
        if (found.isPresent() && !(event instanceof StepCommitted || event instanceof JobEvent.WorkerRefused)) {
            require(
                    event instanceof JobEvent.Started,
                    Rule.NO_OLD_EPOCH,
                    "steps were committed in epoch "
                            + found.getAsLong()
                            + ", which was never opened, and without a takeover");
            found = OptionalLong.empty();
        }
        switch (event) {
            case JobEvent.Started started -> started(started);
            case JobEvent.WorkerJoined(String worker, _, _) -> {
                require(!lost.contains(worker), Rule.NO_LOST_WORKER, worker + " joins after it was lost");
                goesOn |= epochs.isEmpty();
                require(
                        !untold || !goesOn,
                        Rule.STEPS_IN_ORDER,
                        "it goes on at step " + nextStep + " with " + worker + ", and tells of no step before");
                holders.add(worker);
                silent.remove(worker);
            }
            case JobEvent.WorkerFellSilent(String worker, _, _) -> {
                holders.remove(worker);
                heldBefore.remove(worker);
                silent.add(worker);
            }
            case JobEvent.WorkerLost(String worker, _, _) -> gone(worker);
            case JobEvent.WorkerLeft(String worker, long step) -> {
                boolean isLastCopy = holders.equals(Set.of(worker));
                gone(worker);
                require(
                        !isLastCopy || step == 0 || durable.contains(step) || notSaved == step,
                        Rule.NO_STEP_REDONE,
                        worker + " leaves with the last copy of step " + step + ", of which there is no checkpoint");
            }
            case JobEvent.EpochOpened opened -> opened(opened);
            case JobEvent.ShardsMoved moved -> moved(moved);
            case JobEvent.RungTried tried -> tried(tried);
            case JobEvent.StepCommitted step -> committed(step);
            case JobEvent.StepDropped(long step, _, _) -> {
                distrusted = true;
                dropped.add(step);
            }
            case JobEvent.StateLoaded(long step, _, List<String> notSound) -> wentBack(step, notSound.size());
            case JobEvent.SnapshotTaken(long step, _) -> {
                require(
                        isCommitted(step),
                        Rule.CHECKPOINTS_OF_COMMITTED_STEPS,
                        "a snapshot of " + step + " steps is taken after " + nextStep);
                taken.add(step);
            }
            case JobEvent.CheckpointDurable(long step, _, _, _) -> published(step);
            case JobEvent.CheckpointFailed(long step, _) -> {
                notSaved = step;
                damaged++; // of a sound one the same is told that is found to be so no longer
            }
            case JobEvent.WorkerFellBehind _, JobEvent.WorkerKeptUp _, JobEvent.WorkerRefused _ -> {}
            case JobEvent.Finished(long step, _) -> {
                require(
                        step == nextStep,
                        Rule.FINISHES_COMPLETE,
                        "it finishes with " + step + " steps, of which " + nextStep + " were committed");
                ended = true;
            }
            case JobEvent.Stopped _ -> ended = true;
            case JobEvent.Failed _ -> {
                require(stopped, Rule.RUNGS_IN_ORDER, "it failed without trying the last rung");
                ended = true;
            }
        }
        position++;
    }

    /// A device may refuse a job, or fail, while its supervisor still looks for the state to continue from, and the job
    /// may be cancelled then.
    private static boolean mayComeFirst(JobEvent event) {
        return event instanceof JobEvent.Started
                || event instanceof JobEvent.WorkerRefused
                || event instanceof JobEvent.WorkerLost
                || event instanceof JobEvent.Stopped;
    }

    private void gone(String worker) {
        holders.remove(worker);
        goneSince |= heldBefore.remove(worker);
        lost.add(worker);
    }

    List<Violation> end() {
        require(
                ended,
                Rule.RUN_ENDS,
                nextStep == NOT_BEGUN ? "nothing happens" : "it breaks off after " + nextStep + " committed steps");
        return List.copyOf(violations);
    }

    /// A process starts: it knows no epoch and no worker of the one before. Or a supervisor takes over: the workers are
    /// those of before, and epochs continue.
    private void started(JobEvent.Started started) {
        require(
                nextStep == NOT_BEGUN || isCommitted(started.step()) || started.resumed() && isNext(started.step()),
                Rule.STEPS_IN_ORDER,
                "it is resumed at step " + started.step() + ", but only " + nextStep + " were committed");
        require(
                nextStep == NOT_BEGUN || started.resumed() || started.step() == 0,
                Rule.STEPS_IN_ORDER,
                "it starts at step " + started.step() + " without being resumed");
        untold = nextStep != NOT_BEGUN && !isCommitted(started.step());
        heldBefore.clear();
        heldBefore.addAll(distrusted ? Set.of() : holders);
        stepsBefore = goingBack ? started.step() : nextStep;
        goingBack = false;
        unheard = Math.max(unheard, Math.max(nextStep, started.step()));
        nextStep = started.step();
        goesOn = false;
        passedOver = published.tailSet(started.step(), false).size();
        published.removeIf(step -> step > started.step());
        epochs.clear();
        epochWorkers.clear();
        movedInEpoch.clear();
        holders.clear();
        lost.clear();
        dropped.clear();
        silent.clear();
        distrusted = false;
        stopped = false;
        ended = false;
    }

    private void opened(JobEvent.EpochOpened opened) {
        redone(opened);
        require(
                epochs.isEmpty() || opened.epoch() > epochs.lastKey(),
                Rule.EPOCHS_RISE,
                "epoch " + opened.epoch() + " is opened after " + (epochs.isEmpty() ? "" : epochs.lastKey()));
        epochs.put(opened.epoch(), opened.step());
        for (String worker : opened.workers()) {
            require(
                    !lost.contains(worker),
                    Rule.NO_LOST_WORKER,
                    worker + " is in epoch " + opened.epoch() + " after it was lost");
        }
        epochWorkers.clear();
        epochWorkers.addAll(opened.workers());
        movedInEpoch.clear();
    }

    /// A new supervisor continues from what the workers hold: all that was committed, or all but the last step where
    /// those are gone that had applied it already. Where epochs are counted from 0 again all of it was lost.
    private void redone(JobEvent.EpochOpened opened) {
        if (opened.epoch() > newestEpoch) {
            require(
                    !goesOn || opened.step() == 0 || opened.step() >= stepsBefore - 1,
                    Rule.NO_STEP_REDONE,
                    "it goes on at step "
                            + opened.step()
                            + " from what its workers held, and "
                            + stepsBefore
                            + " were committed: by a minority, or they were lost");
            heldBefore.retainAll(opened.workers());
            require(
                    heldBefore.isEmpty() || opened.step() >= stepsBefore - (goneSince ? 1 : 0),
                    Rule.NO_STEP_REDONE,
                    "it goes on at step "
                            + opened.step()
                            + " while "
                            + String.join(", ", heldBefore)
                            + " held a later state");
        }
        heldBefore.clear();
        goneSince = false;
        goesOn = false;
        newestEpoch = opened.epoch();
    }

    private void moved(JobEvent.ShardsMoved moved) {
        long current = epochs.isEmpty() ? 0 : epochs.lastKey();
        require(
                moved.epoch() == current,
                Rule.NO_OLD_EPOCH,
                "shards move in epoch " + moved.epoch() + ", current is " + current);
        require(
                epochWorkers.contains(moved.to()),
                Rule.SHARDS_GO_ONCE,
                "shards go to " + moved.to() + ", which is not in the epoch");
        require(
                !silent.contains(moved.to()),
                Rule.NO_LOST_WORKER,
                "shards go to " + moved.to() + ", which fell silent and has not joined since");
        for (Integer shard : moved.shards()) {
            require(
                    movedInEpoch.add(shard),
                    Rule.SHARDS_GO_ONCE,
                    "batch shard " + shard + " goes out twice in epoch " + current);
        }
    }

    private void tried(JobEvent.RungTried tried) {
        switch (tried.rung()) {
            case REASSIGN_WITHIN_STEP, RESTART_WORKER -> {}
            case REBUILD_FROM_PEER ->
                    require(
                            !holders.isEmpty(),
                            Rule.RUNGS_IN_ORDER,
                            tried.subject() + " is rebuilt, but no worker holds the state");
            case LOAD_CHECKPOINT -> {
                require(
                        holders.isEmpty() || distrusted,
                        Rule.NO_STEP_REDONE,
                        "a checkpoint is loaded while " + String.join(", ", holders) + " still held the state");
                holders.clear();
                goingBack = true;
            }
            case SKIP_DATA -> {
                require(
                        dropped.contains(tried.step()),
                        Rule.RUNGS_IN_ORDER,
                        "step " + tried.step() + " is to be skipped, but was not computed once more");
                skipping = tried.step();
            }
            case STOP -> stopped = true;
        }
    }

    private void committed(StepCommitted step) {
        require(
                step.step() == nextStep,
                Rule.STEPS_IN_ORDER,
                "step " + step.step() + " is committed, due is " + nextStep);
        nextStep = step.step() + 1;
        distrusted = false;
        require(
                !step.wasSkipped() || skipping == step.step() || epochs.isEmpty() || step.epoch() > epochs.lastKey(),
                Rule.RUNGS_IN_ORDER,
                "step " + step.step() + " is skipped without a word why");
        long current = epochOf(step.step());
        require(
                step.epoch() == current || isFoundAtTakeover(step),
                Rule.NO_OLD_EPOCH,
                "step "
                        + step.step()
                        + " is committed in epoch "
                        + step.epoch()
                        + ", it was to be that of epoch "
                        + current);
        StepCommitted before = commits.putIfAbsent(step.step(), step);
        require(
                before == null || Judge.sameNumbers(before, step),
                Rule.SAME_COMMIT_AGAIN,
                "step "
                        + step.step()
                        + " has "
                        + Judge.numbers(step)
                        + ", before it had "
                        + (before == null ? "" : Judge.numbers(before)));
    }

    /// A new supervisor reports the steps that the one before committed and did not report, under an epoch that it has
    /// not opened yet; and next that it has taken over.
    private boolean isFoundAtTakeover(StepCommitted step) {
        if (!epochs.isEmpty() && step.epoch() <= epochs.lastKey()) {
            return false;
        }
        boolean isOfTheSame = found.orElse(step.epoch()) == step.epoch();
        found = OptionalLong.of(step.epoch());
        return isOfTheSame;
    }

    /// The newest epoch that was opened for this step or before: later ones, for the next step, may be in the history
    /// already.
    private long epochOf(long step) {
        return epochs.descendingMap().entrySet().stream()
                .filter(opened -> opened.getValue() <= step)
                .mapToLong(Map.Entry::getKey)
                .findFirst()
                .orElse(0);
    }

    private void wentBack(long step, int notSound) {
        require(
                step == 0 || durable.contains(step) || taken.contains(step) || step <= unheard,
                Rule.ROLLBACK_HAS_A_CHECKPOINT,
                "it goes back to step " + step + ", of which there is no checkpoint");
        require(
                isCommitted(step),
                Rule.STEPS_IN_ORDER,
                "it goes forward to step " + step + ", but only " + nextStep + " were committed");
        int newer = passedOver + published.tailSet(step, false).size();
        require(
                newer <= damaged + notSound,
                Rule.ROLLBACK_HAS_A_CHECKPOINT,
                "it goes back to step "
                        + step
                        + ", though a newer checkpoint was durable, and was not reported as damaged");
        passedOver = 0;
        goesOn = false;
        goingBack = false;
        nextStep = step;
        durable.add(step);
        published.removeIf(later -> later > step);
        distrusted = false;
    }

    private void published(long step) {
        require(
                isCommitted(step),
                Rule.CHECKPOINTS_OF_COMMITTED_STEPS,
                "a checkpoint of " + step + " steps is durable after " + nextStep);
        require(
                published.add(step),
                Rule.CHECKPOINTS_OF_COMMITTED_STEPS,
                "the checkpoint of " + step + " steps is published twice");
        durable.add(step);
    }

    /// The last step may be in a checkpoint, and those be gone who knew what it had come to.
    private boolean isNext(long step) {
        return step == nextStep + 1;
    }

    /// Whether this many steps are committed, as far as that can be known.
    private boolean isCommitted(long steps) {
        return steps <= nextStep || nextStep >= missingFrom[position];
    }

    private void require(boolean holds, Rule rule, String sentence) {
        if (!holds) {
            violations.add(new Violation(rule, position, sentence));
        }
    }
}
