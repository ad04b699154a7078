package dev.pando.training.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/// The tokens of a corpus, document after document, read straight from the files that hold them.
///
/// Thread-safe; the files are mapped, so several processes of one machine share one copy in memory.
public final class TokenShards implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena;
    private final int tokenBytes;
    private final int documents;
    private final MemorySegment index;
    private final MemorySegment[] shards;

    /// Number of the first token of each shard, and at the end the number of all tokens.
    private final long[] firstTokens;

    private TokenShards(Arena arena, Manifest manifest, MemorySegment index, MemorySegment[] shards) {
        this.arena = arena;
        this.index = index;
        this.shards = shards;
        tokenBytes = manifest.tokenBytes();
        documents = Math.toIntExact(manifest.documents());
        firstTokens = new long[shards.length + 1];
        for (int shard = 0; shard < shards.length; shard++) {
            firstTokens[shard + 1] = firstTokens[shard] + shards[shard].byteSize() / tokenBytes;
        }
    }

    /// Maps the files of a folder whose manifest was found valid.
    static TokenShards open(Path folder, Manifest manifest) throws IOException {
        Arena arena = Arena.ofShared();
        try {
            List<Manifest.Entry> files = manifest.shards();
            MemorySegment[] shards = new MemorySegment[files.size()];
            for (int shard = 0; shard < shards.length; shard++) {
                shards[shard] = map(folder.resolve(files.get(shard).name()), arena);
            }
            return new TokenShards(arena, manifest, map(folder.resolve(ShardWriter.INDEX), arena), shards);
        } catch (IOException e) {
            arena.close();
            throw e;
        }
    }

    private static MemorySegment map(Path file, Arena arena) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }

    /// Number of documents.
    public int documents() {
        return documents;
    }

    /// Number of all tokens.
    public long tokens() {
        return firstTokens[shards.length];
    }

    /// Number of the first token of a document, counted over the whole corpus.
    ///
    /// @param document from 0; the number of documents gives the number of all tokens
    public long start(int document) {
        return index.getAtIndex(LONG, document);
    }

    /// Number of tokens of a document.
    public long length(int document) {
        return start(document + 1) - start(document);
    }

    /// Copies tokens of one document.
    ///
    /// @param from number of the first, counted over the whole corpus
    /// @param into int32
    /// @param at index in `into` of the first
    void copy(long from, int count, MemorySegment into, long at) {
        if (count == 0) {
            return; // there may be no token at all from there on
        }
        int shard = 0;
        while (firstTokens[shard + 1] <= from) {
            shard++;
        }
        MemorySegment tokens = shards[shard];
        long first = from - firstTokens[shard];
        if (tokenBytes == Short.BYTES) {
            for (int i = 0; i < count; i++) {
                into.setAtIndex(ValueLayout.JAVA_INT, at + i, tokens.getAtIndex(SHORT, first + i) & 0xffff);
            }
        } else {
            for (int i = 0; i < count; i++) {
                into.setAtIndex(ValueLayout.JAVA_INT, at + i, tokens.getAtIndex(INT, first + i));
            }
        }
    }

    /// Unmaps the files; nothing may be read afterwards.
    @Override
    public void close() {
        arena.close();
    }
}
