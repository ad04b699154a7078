package dev.pando.training.data;

import dev.pando.training.tokenizer.Tokenizer;
import java.nio.file.Path;

/// A corpus ready to train on: its tokens, and the tokenizer that made them.
public final class PreparedData implements AutoCloseable {
    private final Path folder;
    private final Tokenizer tokenizer;
    private final TokenShards shards;
    private final String digest;
    private final Statistics statistics;

    PreparedData(Path folder, Tokenizer tokenizer, TokenShards shards, String digest, Statistics statistics) {
        this.folder = folder;
        this.tokenizer = tokenizer;
        this.shards = shards;
        this.digest = digest;
        this.statistics = statistics;
    }

    /// Prepares what the config names, or finds it prepared.
    ///
    /// @throws DataException where text is missing or prepared data cannot be written
    /// @throws dev.pando.training.tokenizer.TokenizerException where the config's tokenizer cannot be used
    public static PreparedData prepare(DataConfig config, Progress progress) {
        return new Preparation(config, progress).run();
    }

    /// Opens what was prepared under a digest, without its corpus: a job that goes on, goes on with the text it began
    /// with, whatever happened to the files since.
    ///
    /// @param prepared folder where prepared data is kept
    /// @param digest as [#digest] said
    /// @throws DataException where it is gone or damaged
    public static PreparedData open(Path prepared, String digest) {
        return Preparation.open(prepared, digest);
    }

    /// Where the tokens and `tokenizer.json` lie.
    public Path folder() {
        return folder;
    }

    /// The list of files that were left out, a line each with the reason.
    public Path leftOut() {
        return folder.resolve("left-out.txt");
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    public TokenShards shards() {
        return shards;
    }

    /// SHA-256 of all that decides the tokens: the text of the corpus and the tokenizer.
    public String digest() {
        return digest;
    }

    public Statistics statistics() {
        return statistics;
    }

    /// Lets go of the files; no sampler of this data may be used afterwards.
    @Override
    public void close() {
        shards.close();
    }
}
