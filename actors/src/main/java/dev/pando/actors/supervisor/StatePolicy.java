package dev.pando.actors.supervisor;

import dev.pando.actors.stage.PipelineStage;
import java.util.List;
import java.util.Optional;

/// How the parts of a job's state get to the workers that should hold them: the state is replicated, or its optimizer
/// part is sharded. No other class asks which.
interface StatePolicy {
    /// Makes the workers that stay hold what they should.
    ///
    /// @param stayers workers that take part in the next step
    /// @param dismissLeavers lets the workers go whose nodes leave
    /// @return what has to happen first; empty where everything is in place
    Optional<Next> arrange(List<String> stayers, Runnable dismissLeavers);

    /// Orders a step that is about to be committed.
    ///
    /// @param order to apply the step, or to skip it
    void order(PipelineStage.Command order);

    /// The step is committed.
    Next committed(long step, PipelineStage.Command order);

    /// Has the state written, while training continues with what comes next.
    Next snapshot(Next then);

    /// The job is complete.
    ///
    /// @param hash of what every worker holds
    Next complete(String hash);

    /// Whether the state may be taken from a checkpoint now.
    boolean mayRecover();

    /// The job continues from what the workers of the previous supervisor hold.
    Next takeOver(HoldingsSurvey survey);
}
