package dev.pando.runtime.job;

import dev.pando.actors.job.Epoch;
import dev.pando.actors.job.JobEntry;
import dev.pando.actors.job.JobEvent;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Locale;
import java.util.function.UnaryOperator;

/// One entry of a job's journal as a person reads it.
///
/// @param at `2026-05-01T12:00:00.123Z`
/// @param sentence what happened
public record HistoryLine(String at, String sentence) {
    private static final DateTimeFormatter TO_THE_MILLISECOND =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

    /// @param names from the address of a node's actor system to what people call it
    public static HistoryLine of(JobEntry entry, UnaryOperator<String> names) {
        return new HistoryLine(
                TO_THE_MILLISECOND.format(entry.at()),
                switch (entry) {
                    case JobEntry.Submitted submitted ->
                            "submitted: "
                                    + submitted.job().steps()
                                    + " steps of "
                                    + submitted.job().shards()
                                    + " shards";
                    case JobEntry.Led led -> "led by " + names.apply(led.node()) + " (term " + led.incarnation() + ")";
                    case JobEntry.StopAsked _ -> "cancelled: ends after the step in flight, with a checkpoint";
                    case JobEntry.CancelAsked _ -> "cancelled: ends at once";
                    case JobEntry.Happened happened -> sentence(happened.event());
                });
    }

    private static String sentence(JobEvent event) {
        return switch (event) {
            case JobEvent.Started started ->
                    (started.resumed() ? "continues after " : "begins after ") + started.step() + " steps";
            case JobEvent.WorkerJoined joined -> at(joined.step()) + joined.worker() + " joined";
            case JobEvent.WorkerLost lost -> at(lost.step()) + "lost " + lost.worker() + ": " + lost.evidence();
            case JobEvent.WorkerFellSilent silent ->
                    at(silent.step()) + silent.worker() + " fell silent: " + silent.evidence();
            case JobEvent.WorkerLeft left -> at(left.step()) + left.worker() + " left with its node";
            case JobEvent.WorkerRefused refused ->
                    at(refused.step()) + refused.worker() + " takes no part: " + refused.sentence();
            case JobEvent.WorkerFellBehind slow ->
                    at(slow.step())
                            + slow.worker()
                            + String.format(Locale.ROOT, " takes %.1f times as long as the others", slow.times());
            case JobEvent.WorkerKeptUp worker -> at(worker.step()) + worker.worker() + " keeps up again";
            case JobEvent.EpochOpened opened ->
                    at(opened.step())
                            + "epoch "
                            + Epoch.text(opened.epoch())
                            + ": "
                            + opened.reason()
                            + "; works: "
                            + String.join(", ", opened.workers());
            case JobEvent.ShardsMoved moved -> at(moved.step()) + "shards " + moved.shards() + " go to " + moved.to();
            case JobEvent.RungTried(var rung, long step, var why) when rung == JobEvent.Rung.SKIP_DATA ->
                    "step " + step + " skipped: " + why;
            case JobEvent.RungTried tried ->
                    at(tried.step())
                            + tried.rung().name().toLowerCase(Locale.ROOT).replace('_', ' ')
                            + ": "
                            + tried.subject();
            case JobEvent.StepCommitted committed when committed.wasSkipped() -> at(committed.step()) + "skipped";
            case JobEvent.StepCommitted committed -> at(committed.step()) + "committed, loss " + committed.loss();
            case JobEvent.StateLoaded loaded -> at(loaded.step()) + "the state is that of " + loaded.checkpoint();
            case JobEvent.StepDropped dropped -> at(dropped.step()) + "dropped: " + dropped.reason();
            case JobEvent.SnapshotTaken taken -> at(taken.step()) + "snapshot taken";
            case JobEvent.CheckpointDurable durable ->
                    at(durable.step()) + "checkpoint " + durable.checkpoint() + " is durable";
            case JobEvent.CheckpointFailed failed -> at(failed.step()) + failed.sentence();
            case JobEvent.Finished finished -> "finished after " + finished.step() + " steps, " + finished.hash();
            case JobEvent.Stopped stopped -> "stopped after " + stopped.step() + " steps";
            case JobEvent.Failed failed -> "failed: " + failed.diagnosis();
        };
    }

    private static String at(long step) {
        return "step " + step + ": ";
    }
}
