package dev.pando.data.prepare;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.InOrder;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.PipelineException;
import dev.pando.data.recipe.Recipe;
import dev.pando.training.data.Digest;
import dev.pando.training.data.TokenFolderWriter;
import dev.pando.training.tokenizer.BpeTrainer;
import dev.pando.training.tokenizer.Encoder;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Makes what a person and a training job use of the documents that are left, in a folder that appears whole.
///
/// ```
/// OUT/HASH/corpus.json                what was done, counted
/// OUT/HASH/report.html                the same for a person
/// OUT/HASH/documents-00000.jsonl.zst  the documents
/// OUT/HASH/tokens/BUCKET/             token shards, as data.paths of a job takes them
/// OUT/current                         a link to the newest
/// ```
final class Publishing {
    static final String TOKENS = "tokens";
    private static final String STEP = "tokens";
    private static final long LEARNING_BYTES = 256L << 20; // more text hardly changes a tokenizer
    private static final int NAME = 16;

    private final Recipe recipe;
    private final int workers;
    private final Preparation.Progress progress;

    Publishing(Recipe recipe, int workers, Preparation.Progress progress) {
        this.recipe = recipe;
        this.workers = workers;
        this.progress = progress;
    }

    Prepared publish(List<StageResult> results, List<Shard> shards) throws IOException {
        if (shards.isEmpty()) {
            throw new PipelineException(
                    "no document is left of "
                            + recipe.name()
                            + ": "
                            + results.stream()
                                    .map(one -> one.label() + " kept " + one.tally().total().keptDocuments())
                                    .collect(Collectors.joining(", ")));
        }
        Files.createDirectories(recipe.out());
        Path part = recipe.out().resolve(".part");
        Prepared.delete(part);
        Files.createDirectories(part);
        Digest hash = new Digest("corpus 1");
        ObjectNode corpus = JsonLines.object().put("name", recipe.name());
        ArrayNode files = corpus.putArray("documents");
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format(Locale.ROOT, "documents-%05d.jsonl.zst", i);
            Files.copy(shards.get(i).file(), part.resolve(name));
            files.add(name);
            hash.add(shards.get(i).sha256());
        }
        if (recipe.output().tokens()) {
            tokens(shards, results.getLast().tally().total().keptBytes(), part, corpus, hash);
        }
        stages(results, corpus);
        String hex = hash.hex();
        corpus.put("hash", "sha256:" + hex);
        Files.write(part.resolve(Prepared.FILE), JsonLines.pretty(corpus));
        Files.writeString(part.resolve("report.html"), new Report(corpus).html());
        Path target = recipe.out().resolve(hex.substring(0, NAME));
        Prepared.delete(target);
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        Path link = recipe.out().resolve(".current");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, target.getFileName());
        Files.move(
                link,
                recipe.out().resolve("current"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        return Prepared.open(target);
    }

    private void stages(List<StageResult> results, ObjectNode corpus) {
        Path home = recipe.store().toAbsolutePath().normalize();
        corpus.put("store", home.toString());
        ArrayNode stages = corpus.putArray("steps");
        for (StageResult result : results) {
            ObjectNode stage = stages.addObject().put("step", result.label());
            Tally.Count total = result.tally().total();
            stage.put("documents", total.documents()).put("kept", total.keptDocuments());
            stage.put("bytes", total.bytes()).put("kept_bytes", total.keptBytes());
            stage.setAll(result.tally().toJson());
            stage.set("troubles", result.troubles().toJson());
            ArrayNode removed = stage.putArray("removed_files");
            result.removed()
                    .forEach(file -> removed.add(home.relativize(file.toAbsolutePath().normalize()).toString()));
        }
    }

    private record Encoded(String bucket, int[] tokens, long bytes) {}

    private void tokens(List<Shard> shards, long bytes, Path part, ObjectNode corpus, Digest hash) throws IOException {
        Tokenizer tokenizer =
                recipe.output().tokenizer().isEmpty()
                        ? learn(shards, bytes)
                        : Tokenizer.load(Path.of(recipe.output().tokenizer()));
        SortedMap<String, TokenFolderWriter> writers = new TreeMap<>();
        Iterator<Shard> next = shards.iterator();
        int[] done = {0};
        long[] documents = {0};
        try {
            InOrder.run(
                    workers,
                    () -> next.hasNext() ? next.next() : null,
                    shard -> encode(shard, tokenizer),
                    some -> {
                        for (Encoded one : some) {
                            write(one, part, tokenizer, writers);
                        }
                        documents[0] += some.size();
                        progress.advanced(STEP, ++done[0], shards.size(), documents[0]);
                    });
            ObjectNode all = corpus.putObject("tokens");
            for (var bucket : writers.entrySet()) {
                TokenFolderWriter.Written written = bucket.getValue().finish();
                hash.add(bucket.getKey()).add(written.digest());
                all.putObject(bucket.getKey())
                        .put("documents", written.documents())
                        .put("bytes", written.bytes())
                        .put("tokens", written.tokens());
            }
        } finally {
            for (TokenFolderWriter writer : writers.values()) {
                writer.close();
            }
        }
    }

    private static void write(
            Encoded one, Path part, Tokenizer tokenizer, SortedMap<String, TokenFolderWriter> writers) {
        try {
            TokenFolderWriter writer = writers.get(one.bucket);
            if (writer == null) {
                Path folder = Files.createDirectories(part.resolve(TOKENS).resolve(one.bucket));
                writer = new TokenFolderWriter(folder, tokenizer);
                writers.put(one.bucket, writer);
            }
            writer.add(one.tokens, one.bytes);
        } catch (IOException e) {
            throw new PipelineException("cannot write token shards: " + JsonLines.reason(e), e);
        }
    }

    private List<Encoded> encode(Shard shard, Tokenizer tokenizer) {
        Encoder encoder = tokenizer.encoder();
        List<Encoded> all = new ArrayList<>();
        Documents.each(
                shard,
                document -> {
                    byte[] text = document.path("text").asText().getBytes(StandardCharsets.UTF_8);
                    int[][] tokens = {new int[Math.max(16, text.length / 3)]};
                    int[] count = {0};
                    encoder.encode(
                            text,
                            0,
                            text.length,
                            token -> {
                                if (count[0] == tokens[0].length) {
                                    tokens[0] = Arrays.copyOf(tokens[0], 2 * count[0]);
                                }
                                tokens[0][count[0]++] = token;
                            });
                    all.add(new Encoded(bucket(document), Arrays.copyOf(tokens[0], count[0]), text.length));
                });
        return all;
    }

    /// Such as `web-en-high`: fields that a document does not have are left out.
    private String bucket(ObjectNode document) {
        String bucket =
                recipe.output().by().stream()
                        .map(field -> document.path(field).asText(""))
                        .filter(value -> !value.isEmpty() && !value.equals("?"))
                        .map(value -> value.replaceAll("[^\\w.-]", "_"))
                        .collect(Collectors.joining("-"));
        return bucket.isEmpty() ? "all" : bucket;
    }

    /// On a sample of the documents, the same for any number of workers.
    private Tokenizer learn(List<Shard> shards, long bytes) {
        BpeTrainer trainer;
        try {
            trainer = new BpeTrainer(recipe.output().vocabulary());
        } catch (IllegalArgumentException e) {
            throw new PipelineException("corpus.output.vocabulary: " + e.getMessage(), e);
        }
        long share = (long) (Math.min(1.0, (double) LEARNING_BYTES / Math.max(1, bytes)) * (1L << 32));
        for (Shard shard : shards) {
            Documents.each(
                    shard,
                    document -> {
                        String hash = new Digest("sample").add(document.path("id").asText()).hex();
                        if (Long.parseLong(hash.substring(0, 8), 16) < share) {
                            byte[] text = document.path("text").asText().getBytes(StandardCharsets.UTF_8);
                            trainer.add(text, 0, text.length);
                        }
                    });
        }
        return trainer.train();
    }
}
