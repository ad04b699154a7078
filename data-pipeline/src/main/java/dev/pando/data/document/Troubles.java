package dev.pando.data.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Counts broken input by kind and names the first of each, so that none is fatal and none is silent.
public final class Troubles {
    private static final int NAMED = 5;

    private static final class Kind {
        private long count;
        private final List<String> named = new ArrayList<>();
    }

    private final Map<String, Kind> kinds = new TreeMap<>();
    private final Map<String, Long> remarks = new TreeMap<>();

    /// @param kind of trouble in two or three words, such as `truncated gzip`
    /// @param where file, and the record or line in it
    public void add(String kind, String where) {
        Kind found = kinds.computeIfAbsent(kind, _ -> new Kind());
        found.count++;
        if (found.named.size() < NAMED) {
            found.named.add(where);
        }
    }

    /// What is no trouble but should be said, such as an encoding that was detected.
    public void remark(String what) {
        remarks.merge(what, 1L, Long::sum);
    }

    public void addAll(Troubles others) {
        others.kinds.forEach((kind, found) -> {
            Kind ours = kinds.computeIfAbsent(kind, _ -> new Kind());
            ours.count += found.count;
            found.named.stream().limit(NAMED - Math.min(NAMED, ours.named.size())).forEach(ours.named::add);
        });
        others.remarks.forEach((what, count) -> remarks.merge(what, count, Long::sum));
    }

    public long count() {
        return kinds.values().stream().mapToLong(kind -> kind.count).sum();
    }

    /// Count by kind.
    public Map<String, Long> counts() {
        Map<String, Long> counts = new TreeMap<>();
        kinds.forEach((kind, found) -> counts.put(kind, found.count));
        return counts;
    }

    /// Times that each thing was remarked.
    public Map<String, Long> remarks() {
        return new TreeMap<>(remarks);
    }

    /// One line a kind: how many, and where the first were.
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        kinds.forEach((kind, found) -> {
            String more =
                    found.count > found.named.size() ? " and " + (found.count - found.named.size()) + " more" : "";
            lines.add(kind + ": " + found.count + ": " + String.join(", ", found.named) + more);
        });
        remarks.forEach((what, count) -> lines.add(what + ": " + count));
        return lines;
    }

    /// So that a step that is not done again can say what was broken.
    public ObjectNode toJson() {
        ObjectNode json = JsonLines.object();
        ObjectNode broken = json.putObject("broken");
        kinds.forEach((kind, found) -> {
            ObjectNode one = broken.putObject(kind).put("count", found.count);
            ArrayNode named = one.putArray("named");
            found.named.forEach(named::add);
        });
        ObjectNode said = json.putObject("remarks");
        remarks.forEach(said::put);
        return json;
    }

    public static Troubles of(JsonNode json) {
        Troubles troubles = new Troubles();
        for (var kind : json.path("broken").properties()) {
            Kind found = troubles.kinds.computeIfAbsent(kind.getKey(), _ -> new Kind());
            found.count = kind.getValue().path("count").asLong();
            kind.getValue().path("named").forEach(name -> found.named.add(name.asText()));
        }
        for (var remark : json.path("remarks").properties()) {
            troubles.remarks.put(remark.getKey(), remark.getValue().asLong());
        }
        return troubles;
    }
}
