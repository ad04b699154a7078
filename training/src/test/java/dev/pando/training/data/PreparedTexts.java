package dev.pando.training.data;

import dev.pando.training.tokenizer.BpeTrainer;
import dev.pando.training.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/// Prepared data made by hand: documents of given lengths, in which every token of the corpus is another one.
final class PreparedTexts {
    /// Above all ids of the tokenizer, so padding can be told from text.
    static final int FIRST_TOKEN = 1000;

    private static final Tokenizer TOKENIZER = new BpeTrainer(BpeTrainer.LEAST_VOCABULARY).train();

    private PreparedTexts() {}

    /// Documents whose tokens count up from [#FIRST_TOKEN] through the whole corpus.
    ///
    /// @param documentsOfShard after which a shard is closed
    static PreparedData ofLengths(List<Integer> lengths, int vocabulary, int documentsOfShard) {
        try {
            Path folder = Files.createTempDirectory("pando-shards");
            Manifest manifest;
            try (ShardWriter writer = new ShardWriter(folder, Disk.REAL, vocabulary, documentsOfShard)) {
                int token = FIRST_TOKEN;
                for (int length : lengths) {
                    writer.beginDocument();
                    for (int i = 0; i < length; i++) {
                        writer.add(token++);
                    }
                    writer.endDocument();
                }
                List<Manifest.Entry> shards = writer.finish();
                manifest =
                        new Manifest(
                                "digest of " + lengths,
                                "",
                                writer.tokenBytes(),
                                lengths.size(),
                                0,
                                writer.tokens(),
                                shards,
                                List.of(writer.finishIndex()));
            }
            TokenShards shards = TokenShards.open(folder, manifest);
            // mapped files live on without their names
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
            return new PreparedData(
                    folder,
                    TOKENIZER,
                    shards,
                    manifest.digest(),
                    new Statistics(lengths.size(), 0, manifest.tokens(), List.of(), false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
