package dev.pando.chaos.judge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/// All that happened to a job, in order; after a crash of its process, what happened to the resumed one follows.
///
/// @param complete whether steps are still there that were taken back, since the job went back to a checkpoint
/// @param copies of each optimizer moment, on as many workers; 0: every worker holds all moments
public record History(List<JobEvent> events, boolean complete, int copies) {
    /// A folder does not keep how many positions of a step counted.
    private static final long UNKNOWN_TOKENS = 0;

    private static final String STATE = "pando.job.optimizer-state";
    private static final String COPIES = "pando.job.optimizer-copies";

    private record Heard(Instant time, JobEvent event) {}

    public History {
        events = List.copyOf(events);
    }

    /// As a listener hears it.
    public static History of(List<JobEvent> events) {
        return new History(events, true, 0);
    }

    /// The same of a job whose optimizer state is sharded.
    ///
    /// @param optimizerCopies of each moment; 0 where it is not
    public History sharded(int optimizerCopies) {
        return new History(events, complete, optimizerCopies);
    }

    /// As a run's folder keeps it, in `events.jsonl` and `steps.jsonl`: without the steps that were taken back.
    public static History read(Path folder) {
        List<Heard> all = new ArrayList<>();
        EventLine.read(folder).forEach(line -> all.add(new Heard(line.time(), line.event())));
        StepLine.read(folder).forEach(line -> all.add(new Heard(line.instant(), event(line))));
        all.sort(Comparator.comparing(Heard::time).thenComparing(ranked()));
        return new History(all.stream().map(Heard::event).toList(), false, copies(folder));
    }

    private static int copies(Path folder) {
        Config job = ConfigFactory.parseFile(folder.resolve("job.conf").toFile()); // empty without the file
        boolean sharded = job.hasPath(STATE) && job.getString(STATE).equals("sharded");
        return sharded && job.hasPath(COPIES) ? job.getInt(COPIES) : 0;
    }

    /// Among entries of the same instant a step comes first: what follows from a commit comes after it.
    private static Comparator<Heard> ranked() {
        Function<Heard, Boolean> isNoStep = heard -> !(heard.event() instanceof JobEvent.StepCommitted);
        return Comparator.comparing(isNoStep);
    }

    private static JobEvent event(StepLine line) {
        return new JobEvent.StepCommitted(
                line.step(),
                line.epoch(),
                line.loss(),
                line.gradNorm(),
                line.learningRate(),
                UNKNOWN_TOKENS,
                0,
                line.workers());
    }

    /// The hash that the job ended with, if it finished.
    public Optional<String> hash() {
        return all(JobEvent.Finished.class).map(JobEvent.Finished::hash).reduce((first, last) -> last);
    }

    /// Number of steps that are committed at the end.
    public long committed() {
        return all(JobEvent.StepCommitted.class).mapToLong(step -> step.step() + 1).reduce(0, (first, last) -> last);
    }

    /// All events of a kind.
    public <E extends JobEvent> Stream<E> all(Class<E> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast);
    }

    /// For each event the step from which on commits before it may be missing.
    long[] missingFrom() {
        long[] missing = new long[events.size()];
        long from = Long.MAX_VALUE;
        for (int i = events.size() - 1; i >= 0; i--) {
            missing[i] = from;
            if (!complete && events.get(i) instanceof JobEvent.Started started) {
                from = Math.min(from, started.step());
            } else if (!complete && events.get(i) instanceof JobEvent.StateLoaded loaded) {
                from = Math.min(from, loaded.step());
            }
        }
        return missing;
    }
}
