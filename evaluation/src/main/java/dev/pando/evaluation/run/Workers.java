package dev.pando.evaluation.run;

import dev.pando.evaluation.model.LanguageModel;
import java.util.List;

/// Who asks the model: threads of this process, or processes of this machine. No number depends on the choice.
public sealed interface Workers {
    int count();

    /// Threads of this process, one trial each at a time.
    record Threads(int count) implements Workers {
        @Override
        public Asker open(LanguageModel model) {
            return new Asking(model);
        }
    }

    /// Processes of this machine, one trial each at a time. Another process takes the place of one that dies.
    ///
    /// @param command starts a process that runs [WorkerService#serve] on its standard input and output
    record Processes(int count, List<String> command) implements Workers {
        public Processes {
            command = List.copyOf(command);
        }

        @Override
        public Asker open(LanguageModel model) {
            return new WorkerLane(command, model.id());
        }
    }

    /// One of them, for the thread that calls.
    Asker open(LanguageModel model);
}
