package dev.pando.checkpoint.format;

import java.util.Comparator;
import java.util.List;

/// Tells whether slices make up a tensor: every element once.
final class Coverage {
    private Coverage() {}

    /// What is wrong, going on from `tensor x `; null if nothing is.
    static String fault(long elements, List<Slice> slices) {
        long sum = 0;
        for (Slice slice : slices) {
            if (slice.end() > elements) {
                return "has no elements " + slice.spoken();
            }
            sum = Math.addExact(sum, slice.elements());
        }
        List<Slice> sorted =
                slices.stream()
                        .filter(slice -> slice.elements() > 0)
                        .sorted(Comparator.comparingLong(Slice::start))
                        .toList();
        for (int i = 0; i < sorted.size(); i++) {
            for (int k = i + 1; k < sorted.size() && sorted.get(k).start() < sorted.get(i).end(); k++) {
                if (overlap(sorted.get(i), sorted.get(k))) {
                    return "is there twice from element " + sorted.get(k).start();
                }
            }
        }
        return sum == elements ? null : "is there with " + sum + " of " + elements + " elements";
    }

    private static boolean overlap(Slice first, Slice second) {
        if (first.stride() == second.stride() && first.count() > 1 && second.count() > 1) {
            // two sets of columns, or of blocks: their runs meet in every row or in none they share
            long shift = (second.start() - first.start()) % first.stride();
            if (shift >= first.run() && shift + second.run() <= first.stride()) {
                return false;
            }
        }
        return first.touches(second);
    }
}
