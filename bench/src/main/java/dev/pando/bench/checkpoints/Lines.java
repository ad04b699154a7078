package dev.pando.bench.checkpoints;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.bench.Spread;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One result as a JSON object on a line, in the form of the peer's.
final class Lines {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, Object> line = new LinkedHashMap<>();

    private Lines() {}

    static Lines of(String bench, String way, Options options) {
        return new Lines()
                .with("bench", bench)
                .with("peer", "pando")
                .with("way", way)
                .with("threads", options.threads());
    }

    Lines with(String key, Object value) {
        line.put(key, value instanceof Double number ? Math.round(number * 1e5) / 1e5 : value);
        return this;
    }

    void print() {
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("texts and numbers", impossible);
        }
    }

    static double median(Collection<Double> values) {
        return Spread.median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    static List<Double> rounded(Collection<Double> values) {
        return values.stream().map(value -> Math.round(value * 1e5) / 1e5).toList();
    }
}
