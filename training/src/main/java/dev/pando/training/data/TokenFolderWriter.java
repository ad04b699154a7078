package dev.pando.training.data;

import dev.pando.training.tokenizer.Tokenizer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Writes a folder of token shards that a job may name in `data.paths`, from texts that were prepared elsewhere.
///
/// Not thread-safe. The folder is whole once [#finish] returns; whoever publishes it moves it then.
public final class TokenFolderWriter implements Closeable {
    private static final long SHARD_BYTES = 1L << 30;

    private final Path folder;
    private final Tokenizer tokenizer;
    private final ShardWriter writer;
    private long documents;
    private long bytes;

    /// @param folder that exists and is empty
    public TokenFolderWriter(Path folder, Tokenizer tokenizer) throws IOException {
        this.folder = folder;
        this.tokenizer = tokenizer;
        tokenizer.save(folder);
        writer = new ShardWriter(folder, Disk.REAL, tokenizer.vocabularySize(), SHARD_BYTES);
    }

    /// What a folder holds.
    ///
    /// @param bytes of text
    /// @param digest of the tokens and the tokenizer
    public record Written(long documents, long bytes, long tokens, String digest) {}

    /// One document; begin and end of text are put around it.
    ///
    /// @param textBytes its bytes as UTF-8
    public void add(int[] tokens, long textBytes) throws IOException {
        writer.beginDocument();
        writer.add(tokenizer.bos());
        for (int token : tokens) {
            writer.add(token);
        }
        writer.add(tokenizer.eos());
        writer.endDocument();
        documents++;
        bytes += textBytes;
    }

    public Written finish() throws IOException {
        List<Manifest.Entry> shards = writer.finish();
        List<Manifest.Entry> others = new ArrayList<>(List.of(writer.finishIndex()));
        for (Path file : Tokenizer.files(folder)) {
            others.add(Manifest.Entry.of(file));
        }
        Digest digest = new Digest("token folder 1").add(tokenizer.digest());
        shards.forEach(shard -> digest.add(shard.sha256()));
        digest.add(others.getFirst().sha256());
        Manifest manifest =
                new Manifest(
                        digest.hex(),
                        tokenizer.digest(),
                        writer.tokenBytes(),
                        documents,
                        bytes,
                        writer.tokens(),
                        shards,
                        others);
        try (Disk.Output out = Disk.REAL.create(folder.resolve(Manifest.FILE))) {
            out.write(ByteBuffer.wrap(manifest.toJson()));
            out.force();
        }
        return new Written(documents, bytes, writer.tokens(), manifest.digest());
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
