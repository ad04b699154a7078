package dev.pando.actors.supervisor;

import dev.pando.actors.job.JobSpec;
import dev.pando.training.step.LossHistory;

/// How far a job has come: the steps that are committed, and what has failed since the last one.
final class JobProgress {
    private static final int HOPELESS = 4; // failures a worker without a committed step, and at least three workers

    private final JobSpec job;
    private long position; // committed steps
    private LossHistory history = LossHistory.EMPTY;
    private long furthest; // steps that were ever committed
    private long reported = -1; // last step of which the audience knows that it is committed
    private int failures;

    JobProgress(JobSpec job) {
        this.job = job;
    }

    /// Committed steps, and so the number of the next one.
    long position() {
        return position;
    }

    /// History of exactly these steps.
    LossHistory history() {
        return history;
    }

    boolean isComplete() {
        return position >= job.steps();
    }

    /// @param including the step
    void commit(LossHistory including) {
        history = including;
        position++;
        if (position > furthest) { // a step that is committed once more after a rollback is no progress
            furthest = position;
            failures = 0;
        }
    }

    /// The state is that of a checkpoint, or the first one.
    void goBackTo(long steps, LossHistory ofThem) {
        position = steps;
        history = ofThem;
        reported = steps - 1;
    }

    /// The workers of the supervisor before hold this.
    void goOnFrom(long steps, LossHistory ofThem) {
        goBackTo(steps, ofThem);
        furthest = steps;
    }

    /// Whether this is the next step that the audience is to hear of; it is told once.
    boolean isNews(long step) {
        boolean news = step == reported + 1;
        reported += news ? 1 : 0;
        return news;
    }

    /// Whether the audience knows what every committed step has come to.
    boolean isTold() {
        return reported >= position - 1;
    }

    /// Something went wrong in the step in flight.
    void failed() {
        failures++;
    }

    /// Since the last step that was progress.
    int failures() {
        return failures;
    }

    boolean hasExhaustedRetries() {
        return failures >= HOPELESS * Math.max(3, job.workers());
    }
}
