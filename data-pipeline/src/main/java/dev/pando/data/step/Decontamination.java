package dev.pando.data.step;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Troubles;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;

/// Removes documents that hold a run of words of an evaluation set, so that its score means something.
///
/// A run is `words` in a row, in lower case, without marks; an item of the set with fewer words counts as one run. All
/// texts in the set's objects are looked at, whatever they are called.
public final class Decontamination implements Step {
    private static final int LEAST = 5; // a shorter item stands in anything

    private final int words;
    private final double most;
    private final TreeMap<Integer, long[]> runs = new TreeMap<>(); // by their number of words
    private final String digest;

    public Decontamination(StepSpec spec) {
        words = spec.count("words");
        most = spec.number("most");
        Digest all = new Digest("sets");
        TreeMap<Integer, TreeSet<Long>> found = new TreeMap<>();
        if (spec.files("sets").isEmpty()) {
            throw spec.wrong("sets", "must name at least one file of JSON lines");
        }
        for (Path file : spec.files("sets")) {
            Troubles troubles = new Troubles();
            try (JsonLines.Reader reader = new JsonLines.Reader(file, troubles)) {
                for (var next = reader.next(); next.isPresent(); next = reader.next()) {
                    add(next.get(), found, all);
                }
            } catch (IOException e) {
                throw spec.wrong("sets", "names " + file + ", which cannot be read: " + JsonLines.reason(e));
            }
            if (troubles.count() > 0) {
                throw spec.wrong("sets", "names " + file + ", which is damaged: " + troubles.lines().getFirst());
            }
        }
        found.forEach((length, set) -> runs.put(length, set.stream().mapToLong(Long::longValue).toArray()));
        digest = all.hex();
    }

    private void add(JsonNode value, TreeMap<Integer, TreeSet<Long>> found, Digest all) {
        if (value.isTextual()) {
            all.add(value.textValue());
            long[] hashes = hashes(value.textValue());
            if (hashes.length >= LEAST) {
                int length = Math.min(words, hashes.length);
                TreeSet<Long> set = found.computeIfAbsent(length, _ -> new TreeSet<>());
                runs(hashes, length).forEach(set::add);
            }
        } else {
            value.forEach(inner -> add(inner, found, all));
        }
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        long[] hashes = hashes(Step.text(document));
        long hits = 0;
        for (var length : runs.entrySet()) {
            hits +=
                    runs(hashes, length.getKey())
                            .filter(run -> Arrays.binarySearch(length.getValue(), run) >= 0)
                            .count();
        }
        return hits > most ? Optional.of(new Reason("in an evaluation set", hits, most)) : Optional.empty();
    }

    private static LongStream runs(long[] hashes, int length) {
        return LongStream.range(0, Math.max(0, hashes.length - length + 1))
                .map(from -> {
                    long run = length;
                    for (int i = 0; i < length; i++) {
                        run = (run ^ hashes[(int) from + i]) * 0x9e3779b97f4a7c15L;
                        run ^= run >>> 29;
                    }
                    return run;
                });
    }

    private static long[] hashes(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        long[] hashes = new long[16];
        int count = 0;
        long hash = 0;
        for (int i = 0; i <= lower.length(); i++) {
            char c = i < lower.length() ? lower.charAt(i) : ' ';
            boolean ideograph = Character.isIdeographic(c);
            if (hash != 0 && (ideograph || !Character.isLetterOrDigit(c))) {
                hashes = count == hashes.length ? Arrays.copyOf(hashes, 2 * count) : hashes;
                hashes[count++] = hash;
                hash = 0;
            }
            if (ideograph) {
                hashes = count == hashes.length ? Arrays.copyOf(hashes, 2 * count) : hashes;
                hashes[count++] = c;
            } else if (Character.isLetterOrDigit(c)) {
                hash = (hash ^ c) * 0x5851f42d4c957f2dL + 1;
            }
        }
        return Arrays.copyOf(hashes, count);
    }

    @Override
    public String resources() {
        return digest;
    }
}
