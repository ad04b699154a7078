package dev.pando.training.tensor;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a worker holds in the memory of its device, and what for: as counted while it was allocated, or in a dry run.
///
/// @param parts the largest first
public record MemoryPlan(List<Part> parts) {
    private static final double GIB = 1L << 30;
    private static final double MIB = 1L << 20;

    /// @param name what the names of its spans begin with, up to a colon: `activations` of `activations: gate 3`
    public record Part(String name, long bytes) {}

    public MemoryPlan {
        parts = List.copyOf(parts);
    }

    /// Adds spans up.
    ///
    /// @param spans by the names that they were allocated with
    public static MemoryPlan of(Stream<Part> spans) {
        Map<String, Long> sums = new TreeMap<>();
        spans.forEach(span -> sums.merge(partOf(span.name), span.bytes, Long::sum));
        return new MemoryPlan(
                sums.entrySet().stream()
                        .map(sum -> new Part(sum.getKey(), sum.getValue()))
                        .sorted(Comparator.comparingLong(Part::bytes).reversed().thenComparing(Part::name))
                        .toList());
    }

    public long bytes() {
        return parts.stream().mapToLong(Part::bytes).sum();
    }

    /// `14.1 GiB moments, 7.0 GiB weights, 0.3 GiB the rest`
    ///
    /// @param named how many parts are named
    public String words(int named) {
        Stream<Part> shown = parts.stream().limit(named);
        long rest = parts.stream().skip(named).mapToLong(Part::bytes).sum();
        if (rest > 0) {
            shown = Stream.concat(shown, Stream.of(new Part("the rest", rest)));
        }
        return shown.map(part -> size(part.bytes) + " " + part.name).collect(Collectors.joining(", "));
    }

    /// As memory is counted everywhere.
    public static String size(long bytes) {
        return bytes < GIB
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / MIB)
                : String.format(Locale.ROOT, "%.1f GiB", bytes / GIB);
    }

    private static String partOf(String span) {
        int colon = span.indexOf(':');
        return colon < 0 ? span : span.substring(0, colon);
    }
}
