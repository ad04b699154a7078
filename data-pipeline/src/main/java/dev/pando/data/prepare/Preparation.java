package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.InOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.recipe.Recipe;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Runs a recipe: reads its sources, passes the documents through its steps, publishes what is left.
///
/// Every task's output lies in the store under the digest of its step and its input. So a run that was killed goes on
/// where it was, a later step that changed costs only itself and what follows, and the result depends on nothing but
/// the recipe and the content of its files.
public final class Preparation {
    private static final String LOCK = ".lock";
    private static final int NAME = 24;

    /// Hears how far a run is. Called by one thread.
    public interface Progress {
        Progress NONE = (_, _, _, _) -> {};

        /// @param step its label
        /// @param documents that went into the tasks done
        void advanced(String step, int tasksDone, int tasks, long documents);
    }

    private final Recipe recipe;
    private final int workers;
    private final Progress progress;

    public Preparation(Recipe recipe, int workers, Progress progress) {
        if (workers < 1) {
            throw new PipelineException("--workers must be at least 1, not " + workers);
        }
        this.recipe = recipe;
        this.workers = workers;
        this.progress = progress;
    }

    public Prepared run() {
        List<Stage> stages = recipe.steps().stream().map(Stage::of).toList(); // before any work: errors come first
        try {
            Files.createDirectories(recipe.store());
            try (FileChannel channel =
                            FileChannel.open(
                                    recipe.store().resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = lock(channel)) {
                if (lock == null) {
                    throw new PipelineException(
                            "another run writes to " + recipe.store() + ": wait for its end, or name another store");
                }
                return run(stages);
            }
        } catch (IOException e) {
            throw new PipelineException("cannot prepare " + recipe.name() + ": " + JsonLines.reason(e), e);
        }
    }

    private static FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException sameProcess) {
            return null;
        }
    }

    private Prepared run(List<Stage> stages) throws IOException {
        List<StageResult> results = new ArrayList<>();
        List<Shard> shards = read(results);
        for (int i = 0; i < stages.size(); i++) {
            shards = pass(recipe.steps().get(i), stages.get(i), shards, results);
        }
        return new Publishing(recipe, workers, progress).publish(results, shards);
    }

    private List<Shard> read(List<StageResult> results) throws IOException {
        Path folder = Files.createDirectories(recipe.store().resolve(Reading.FOLDER));
        Troubles troubles = new Troubles();
        Reading reading = new Reading(recipe, troubles);
        var tasks = reading.tasks(workers);
        List<TaskFiles.Done> done = new ArrayList<>();
        AtomicInteger next = new AtomicInteger();
        long[] documents = {0};
        InOrder.run(
                workers,
                () -> next.get() < tasks.size() ? tasks.get(next.getAndIncrement()) : null,
                task -> reading.run(task, folder),
                one -> {
                    done.add(one);
                    documents[0] += one.tally().total().documents();
                    progress.advanced(Reading.FOLDER, done.size(), tasks.size(), documents[0]);
                });
        StageResult result = StageResult.of(Reading.FOLDER, done, troubles);
        results.add(result);
        return result.kept();
    }

    private List<Shard> pass(StepSpec spec, Stage stage, List<Shard> shards, List<StageResult> results)
            throws IOException {
        Digest key = new Digest("stage 1").add(stage.key());
        if (stage.global()) {
            shards.forEach(shard -> key.add(shard.sha256()));
        }
        Path folder = Files.createDirectories(recipe.store().resolve(spec.kind() + "-" + key.hex().substring(0, NAME)));
        List<String> names = names(stage, shards);
        List<Optional<TaskFiles.Done>> found = names.stream().map(name -> TaskFiles.found(folder, name)).toList();
        boolean work = found.stream().anyMatch(Optional::isEmpty);
        Stage.Task task = work ? stage.begin(shards, folder, workers) : null;
        List<TaskFiles.Done> done = new ArrayList<>();
        AtomicInteger next = new AtomicInteger();
        long[] documents = {0};
        InOrder.run(
                workers,
                () -> next.get() < shards.size() ? next.getAndIncrement() : null,
                i -> found.get(i).orElseGet(() -> run(task, shards.get(i), i, folder, names.get(i), spec.kind())),
                one -> {
                    done.add(one);
                    documents[0] += one.tally().total().documents();
                    progress.advanced(spec.label(), done.size(), shards.size(), documents[0]);
                });
        StageResult result = StageResult.of(spec.label(), done, new Troubles());
        results.add(result);
        return result.kept();
    }

    /// Tasks are named by content, so that a shard is not looked at twice; a global step may treat equal shards
    /// differently.
    private static List<String> names(Stage stage, List<Shard> shards) {
        Map<String, Integer> seen = new HashMap<>();
        List<String> names = new ArrayList<>();
        for (Shard shard : shards) {
            String content = shard.sha256().substring(0, NAME);
            int again = seen.merge(content, 1, Integer::sum) - 1;
            names.add((stage.global() ? names.size() + "-" : "") + content + (again > 0 ? "-" + again : ""));
        }
        return names;
    }

    private static TaskFiles.Done run(Stage.Task task, Shard shard, int number, Path folder, String name, String step) {
        Troubles troubles = new Troubles();
        try (JsonLines.Reader reader = new JsonLines.Reader(shard.file(), troubles);
                TaskFiles out = new TaskFiles(folder, name, step, new Troubles())) {
            Supplier<ObjectNode> documents = () -> reader.next().orElse(null);
            task.run(number, documents, out);
            if (troubles.count() > 0) {
                throw Documents.damaged(shard.file(), troubles);
            }
            return out.finish(false);
        } catch (IOException e) {
            throw new PipelineException("cannot read " + shard.file() + ": " + JsonLines.reason(e), e);
        }
    }
}
