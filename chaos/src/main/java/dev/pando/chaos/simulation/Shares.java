package dev.pando.chaos.simulation;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobEvent.Rung;
import dev.pando.actors.job.MomentPlacement;
import dev.pando.actors.stage.PipelineStage;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// Knows who holds which moments of a job that shards them, from the orders that its workers are given, and so whether
/// a supervisor may say that some are lost: a history does not tell.
final class Shares {
    private final Map<String, SortedSet<Integer>> held = new HashMap<>(); // by each worker, as it was last told
    private final SortedSet<Integer> all = new TreeSet<>(); // spans that any worker was ever to hold
    private final Map<String, Set<String>> holders = new HashMap<>(); // of each supervisor, by its path
    private final Set<String> doubting = new TreeSet<>(); // supervisors that have dropped a step since the last commit
    private Optional<PipelineStage.Regroup> regrouping = Optional.empty();

    /// A worker is given an order.
    void ordered(Object order) {
        switch (order) {
            case PipelineStage.Update update -> are(update.placement());
            case PipelineStage.Regroup regroup -> {
                are(regroup.from());
                regrouping = Optional.of(regroup);
            }
            case PipelineStage.Keep keep ->
                    regrouping
                            .filter(regroup -> regroup.epoch() == keep.epoch())
                            .ifPresent(regroup -> are(regroup.to()));
            default -> {}
        }
    }

    private void are(MomentPlacement placement) {
        placement
                .spans()
                .forEach((worker, spans) -> {
                    held.put(worker, spans);
                    all.addAll(spans);
                });
    }

    /// A supervisor tells of something.
    ///
    /// @return what is wrong with that: it goes back to a checkpoint although those whom it has hold all of the state
    Optional<String> told(String supervisor, JobEvent event) {
        Set<String> workers = holders.computeIfAbsent(supervisor, path -> new TreeSet<>());
        switch (event) {
            case JobEvent.WorkerJoined joined -> workers.add(joined.worker());
            case JobEvent.WorkerLost lost -> workers.remove(lost.worker());
            case JobEvent.WorkerFellSilent silent -> workers.remove(silent.worker());
            case JobEvent.WorkerLeft left -> workers.remove(left.worker());
            case JobEvent.StepDropped _ -> doubting.add(supervisor);
            case JobEvent.StepCommitted _ -> doubting.remove(supervisor);
            case JobEvent.RungTried tried when givesUp(tried) -> {
                boolean isWrong = !workers.isEmpty() && !doubting.contains(supervisor) && areAllHeldBy(workers);
                String who = String.join(", ", workers);
                workers.clear();
                return isWrong
                        ? Optional.of(
                                String.format(
                                        Locale.ROOT,
                                        "the state of step %d is given up while %s held all moments",
                                        tried.step(),
                                        who))
                        : Optional.empty();
            }
            default -> {}
        }
        return Optional.empty();
    }

    /// Whether no worker holds the state any more, as the supervisor has it.
    static boolean givesUp(JobEvent.RungTried tried) {
        return tried.rung() == Rung.LOAD_CHECKPOINT
                || tried.rung() == Rung.REBUILD_FROM_PEER && tried.subject().startsWith("impossible");
    }

    private boolean areAllHeldBy(Set<String> workers) {
        SortedSet<Integer> missing = new TreeSet<>(all);
        workers.forEach(worker -> missing.removeAll(held.getOrDefault(worker, new TreeSet<>())));
        return missing.isEmpty();
    }
}
