package dev.pando.runtime.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.actors.job.JobEvent;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// One event of a job and when it was heard, as a line of `events.jsonl`: `{"time": …, "type": "worker-lost", …}`.
///
/// @param entry number in the job's journal; 0 where there is no journal, and the job lives no longer than its process
/// @param lost steps that were committed before, and are computed once more from here on
public record EventLine(Instant time, JobEvent event, long entry, long lost) {
    static final String ENTRY = "entry";
    static final String LOST = "steps_lost";

    private static final Map<String, Class<?>> TYPES =
            Arrays.stream(JobEvent.class.getPermittedSubclasses())
                    .collect(Collectors.toMap(EventLine::name, Function.identity()));

    public EventLine(Instant time, JobEvent event) {
        this(time, event, 0, 0);
    }

    /// All events of a run, those of other versions left out.
    public static List<EventLine> read(Path folder) {
        return Lines.read(folder.resolve(RunFolder.EVENTS)).stream()
                .map(EventLine::parse)
                .flatMap(Optional::stream)
                .toList();
    }

    ObjectNode json() {
        ObjectNode line = Lines.JSON.createObjectNode();
        line.put("time", time.toString());
        line.put("type", name(event.getClass()));
        line.setAll((ObjectNode) Lines.JSON.valueToTree(event));
        return line;
    }

    private static Optional<EventLine> parse(JsonNode line) {
        Class<?> type = TYPES.get(line.path("type").asText());
        if (type == null || !line.has("time")) {
            return Optional.empty();
        }
        JobEvent event = (JobEvent) Lines.JSON.convertValue(line, type);
        return Optional.of(
                new EventLine(
                        Instant.parse(line.get("time").asText()),
                        event,
                        line.path(ENTRY).asLong(0),
                        line.path(LOST).asLong(0)));
    }

    /// `WorkerLost` is `worker-lost`.
    private static String name(Class<?> type) {
        return type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }
}
