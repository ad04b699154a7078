package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.InOrder;
import dev.pando.data.near.Age;
import dev.pando.data.rules.Filter.Reason;
import dev.pando.training.data.Digest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Keeps the newest of the documents with the same text, then the first by id.
///
/// Reads all shards twice before it removes anything: 8 bytes a document to find texts that may be there twice, then
/// the SHA-256 of those alone.
record ExactDuplicates(String key) implements Stage {
    private record Copy(String age, String id, int shard, int number) {
        private static final Comparator<Copy> BEST =
                Comparator.comparing(Copy::age)
                        .reversed()
                        .thenComparing(Copy::id)
                        .thenComparingInt(Copy::shard)
                        .thenComparingInt(Copy::number);
    }

    @Override
    public boolean global() {
        return true;
    }

    @Override
    public Task begin(List<Shard> shards, Path scratch, int workers) {
        long[] twice = twice(shards, workers);
        Map<String, Copy> best = best(shards, workers, twice);
        return (shard, documents, out) -> {
            int number = 0;
            for (ObjectNode document = documents.get(); document != null; document = documents.get()) {
                String text = document.path("text").asText();
                Copy kept = Arrays.binarySearch(twice, hash(text)) < 0 ? null : best.get(digest(text));
                if (kept == null || kept.shard == shard && kept.number == number) {
                    out.keep(document, Tally.bytes(document));
                } else {
                    document.put("kept", kept.id);
                    out.remove(document, new Reason("same text as a kept one", 1, 1));
                }
                number++;
            }
        };
    }

    /// Hashes of texts that more than one document has.
    private static long[] twice(List<Shard> shards, int workers) {
        List<long[]> all = new ArrayList<>();
        Iterator<Shard> next = shards.iterator();
        InOrder.run(workers, () -> next.hasNext() ? next.next() : null, ExactDuplicates::hashes, all::add);
        long[] hashes = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return IntStream.range(1, hashes.length)
                .filter(i -> hashes[i] == hashes[i - 1])
                .mapToLong(i -> hashes[i])
                .distinct()
                .toArray();
    }

    private static long[] hashes(Shard shard) {
        long[] hashes = new long[Math.toIntExact(shard.documents())];
        int[] at = {0};
        Documents.each(shard, document -> hashes[at[0]++] = hash(document.path("text").asText()));
        return hashes;
    }

    private static Map<String, Copy> best(List<Shard> shards, int workers, long[] twice) {
        Map<String, Copy> best = new HashMap<>();
        Iterator<Integer> next = IntStream.range(0, shards.size()).iterator();
        InOrder.run(
                workers,
                () -> next.hasNext() ? next.next() : null,
                shard -> best(shards.get(shard), shard, twice),
                some -> some.forEach((text, copy) -> best.merge(text, copy, ExactDuplicates::better)));
        return best;
    }

    private static Map<String, Copy> best(Shard shard, int number, long[] twice) {
        Map<String, Copy> best = new HashMap<>();
        int[] at = {0};
        Documents.each(
                shard,
                document -> {
                    String text = document.path("text").asText();
                    if (Arrays.binarySearch(twice, hash(text)) >= 0) {
                        Copy copy = new Copy(Age.of(document), document.path("id").asText(), number, at[0]);
                        best.merge(digest(text), copy, ExactDuplicates::better);
                    }
                    at[0]++;
                });
        return best;
    }

    private static Copy better(Copy a, Copy b) {
        return Copy.BEST.compare(a, b) <= 0 ? a : b;
    }

    private static String digest(String text) {
        return new Digest("text").add(text).hex();
    }

    private static long hash(String text) {
        long hash = text.length();
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * 0x9e3779b97f4a7c15L;
        }
        return hash ^ hash >>> 29;
    }
}
