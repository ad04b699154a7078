package dev.pando.actors.supervisor;

import dev.pando.actors.stage.PipelineStage;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Batch shards of the next step that a supervisor found computed when it took over.
final class InheritedShards {
    private final WorkerGroup group;
    private final JobProgress progress;
    private final SortedMap<String, List<Integer>> shards = new TreeMap<>(); // by worker

    InheritedShards(WorkerGroup group, JobProgress progress) {
        this.group = group;
        this.progress = progress;
    }

    void found(SortedMap<String, List<Integer>> computed) {
        shards.putAll(computed);
    }

    /// Hands them out, once: each shard counts for one worker that holds the state.
    SortedMap<String, List<Integer>> take() {
        dropDoubles();
        if (!shards.isEmpty()) {
            group.change(); // on entering an epoch workers report what they hold: earlier reports went unread
        }
        SortedMap<String, List<Integer>> taken = new TreeMap<>(shards);
        shards.clear();
        return taken;
    }

    /// Where two workers have computed the same batch shard, one of them drops all that it has computed.
    private void dropDoubles() {
        shards.keySet().retainAll(group.holders());
        SortedSet<Integer> taken = new TreeSet<>();
        List<String> doubles = new ArrayList<>();
        shards.forEach((worker, computed) -> {
            if (computed.stream().anyMatch(taken::contains)) {
                doubles.add(worker);
            } else {
                taken.addAll(computed);
            }
        });
        for (String worker : doubles) {
            shards.remove(worker);
            group.ask(worker, new PipelineStage.Drop(progress.position(), group.epoch()));
            group.change(); // what it reports of the shards it has dropped belongs to an epoch that is over
        }
    }
}
