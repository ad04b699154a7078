package dev.pando.evaluation.run;

import dev.pando.evaluation.data.EvaluationException;
import java.util.List;

/// Leases trials to one worker process at a time, and puts another in the place of one that dies.
final class WorkerLane implements Asker {
    /// Processes that may die of one trial; a machine that kills at random does not hit the same trial so often.
    private static final int MOST_LOST = 4;

    private final List<String> command;
    private final String model;
    private WorkerProcess worker;

    /// @param model id of the model that the process must have
    WorkerLane(List<String> command, String model) {
        this.command = command;
        this.model = model;
    }

    @Override
    public Reply ask(Trial trial) {
        for (int lost = 1; ; lost++) {
            try {
                if (worker == null) {
                    worker = WorkerProcess.start(command, model);
                }
                return worker.ask(trial);
            } catch (WorkerProcess.Lost gone) {
                close();
                if (lost == MOST_LOST) {
                    throw new EvaluationException(
                            MOST_LOST + " worker processes were lost with it in a row; the last: " + gone.getMessage(),
                            gone);
                }
            }
        }
    }

    @Override
    public void close() {
        if (worker != null) {
            worker.close();
            worker = null;
        }
    }
}
