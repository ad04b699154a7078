package dev.pando.evaluation.run;

/// Computes one trial after another; on the thread that opened it.
public interface Asker extends AutoCloseable {
    /// @throws dev.pando.evaluation.data.EvaluationException if the trial cannot be computed
    Reply ask(Trial trial);

    @Override
    void close();
}
