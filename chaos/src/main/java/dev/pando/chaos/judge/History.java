package dev.pando.chaos.judge;

import dev.pando.actors.JobEvent;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/// The history of a run as its folder keeps it.
public final class History {
    /// Counted positions are not kept with the steps.
    private static final long UNKNOWN_TOKENS = 0;

    private record Heard(Instant time, JobEvent event) {}

    private History() {}

    /// Reads `events.jsonl` and `steps.jsonl`, in the order in which things were heard.
    ///
    /// Steps that were taken back, since the job went back to a checkpoint, are not there any more.
    public static List<JobEvent> read(Path folder) {
        List<Heard> all = new ArrayList<>();
        EventLine.read(folder).forEach(line -> all.add(new Heard(line.time(), line.event())));
        StepLine.read(folder).forEach(line -> all.add(new Heard(line.instant(), event(line))));
        all.sort(Comparator.comparing(Heard::time).thenComparing(ranked()));
        return all.stream().map(Heard::event).toList();
    }

    /// Of what was heard at the same instant a step comes first: what follows from a commit comes after it.
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
}
