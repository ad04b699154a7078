package dev.pando.data.prepare;

import dev.pando.data.document.Troubles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// What a step did to all shards.
///
/// @param label its number and kind
/// @param kept shards with documents, in order
/// @param removed files of removed documents
record StageResult(String label, List<Shard> kept, List<Path> removed, Tally tally, Troubles troubles) {
    static StageResult of(String label, List<TaskFiles.Done> tasks, Troubles troubles) {
        List<Shard> kept = new ArrayList<>();
        List<Path> removed = new ArrayList<>();
        Tally tally = new Tally();
        for (TaskFiles.Done task : tasks) {
            task.kept().stream().filter(shard -> shard.documents() > 0).forEach(kept::add);
            if (!task.tally().reasons().isEmpty()) {
                removed.add(task.removed());
            }
            tally.add(task.tally());
            troubles.addAll(task.troubles());
        }
        return new StageResult(label, List.copyOf(kept), List.copyOf(removed), tally, troubles);
    }
}
