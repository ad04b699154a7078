package dev.pando.data.rules;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.InOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The single step `filter`: documents in; what the rules keep, and what they remove with the reason, out.
public final class Filtering {
    private static final int BATCH_CHARS = 1 << 20;

    /// How many documents there were, and how many each rule removed.
    public record Outcome(long documents, long kept, Map<String, Long> removed) {}

    private record Judged(ObjectNode document, Optional<Filter.Reason> reason) {}

    private final Filter filter;
    private final int threads;
    private final boolean values;
    private final Troubles troubles;

    /// @param values whether every document gets the value of every rule as `rules`
    public Filtering(RuleBook book, int threads, boolean values, Troubles troubles) {
        filter = new Filter(book);
        this.threads = threads;
        this.values = values;
        this.troubles = troubles;
    }

    public Outcome run(Path in, Path kept, Path removed) {
        Map<String, Long> reasons = new TreeMap<>();
        long[] counts = new long[2];
        try (JsonLines.Reader reader = new JsonLines.Reader(in, troubles);
                JsonLines.Writer keptOut = new JsonLines.Writer(kept);
                JsonLines.Writer removedOut = new JsonLines.Writer(removed)) {
            InOrder.run(
                    threads,
                    () -> batch(reader, in),
                    batch -> batch.stream().map(this::judge).toList(),
                    batch -> {
                        for (Judged judged : batch) {
                            counts[0]++;
                            judged.reason.ifPresentOrElse(
                                    reason -> {
                                        reasons.merge(reason.rule(), 1L, Long::sum);
                                        removedOut.write(judged.document);
                                    },
                                    () -> {
                                        counts[1]++;
                                        keptOut.write(judged.document);
                                    });
                        }
                    });
            keptOut.finish();
            removedOut.finish();
        } catch (IOException e) {
            throw new PipelineException("cannot filter " + in + ": " + JsonLines.reason(e), e);
        }
        return new Outcome(counts[0], counts[1], reasons);
    }

    private List<ObjectNode> batch(JsonLines.Reader reader, Path in) {
        List<ObjectNode> batch = new ArrayList<>();
        int chars = 0;
        while (chars < BATCH_CHARS) {
            Optional<ObjectNode> next = reader.next();
            if (next.isEmpty()) {
                break;
            }
            if (!next.get().path("text").isTextual()) {
                troubles.add("object without text", in + ":" + reader.line());
                continue;
            }
            batch.add(next.get());
            chars += next.get().path("text").textValue().length() + 100;
        }
        return batch.isEmpty() ? null : batch;
    }

    private Judged judge(ObjectNode document) {
        String text = document.path("text").textValue();
        Optional<Filter.Reason> reason = filter.reason(text);
        reason.ifPresent(
                found -> document.put("rule", found.rule()).put("value", found.value()).put("limit", found.limit()));
        if (values) {
            document.set("rules", filter.values(text));
        }
        return new Judged(document, reason);
    }
}
