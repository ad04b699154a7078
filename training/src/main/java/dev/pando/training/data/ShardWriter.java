package dev.pando.training.data;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/// Writes documents as token shards: little-endian ids, and an index of where each document begins.
///
/// ```
/// tokens-00000.bin   ids of 2 bytes where the vocabulary allows it, else of 4
/// documents.bin      int64: number of the first token of every document, then the number of all tokens
/// ```
///
/// A shard is closed after the document that fills it, so no document lies in two.
final class ShardWriter implements Closeable {
    static final String INDEX = "documents.bin";

    private static final int BUFFER = 1 << 18;

    private final Path folder;
    private final Disk disk;
    private final int tokenBytes;
    private final long shardBytes;
    private final List<Manifest.Entry> shards = new ArrayList<>();
    private final Stream index;
    private Stream shard;
    private long tokens;

    /// @param shardBytes after which a shard is full
    ShardWriter(Path folder, Disk disk, int vocabulary, long shardBytes) throws IOException {
        this.folder = folder;
        this.disk = disk;
        this.shardBytes = shardBytes;
        tokenBytes = vocabulary <= 1 << Short.SIZE ? Short.BYTES : Integer.BYTES;
        index = new Stream(INDEX);
    }

    static String shardName(int number) {
        return String.format(Locale.ROOT, "tokens-%05d.bin", number);
    }

    int tokenBytes() {
        return tokenBytes;
    }

    long tokens() {
        return tokens;
    }

    void beginDocument() throws IOException {
        if (shard == null) {
            shard = new Stream(shardName(shards.size()));
        }
        index.reserve(Long.BYTES).putLong(tokens);
    }

    /// Unchecked, so that an encoder can call it.
    void add(int token) {
        try {
            ByteBuffer buffer = shard.reserve(tokenBytes);
            if (tokenBytes == Short.BYTES) {
                buffer.putShort((short) token);
            } else {
                buffer.putInt(token);
            }
            tokens++;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void endDocument() throws IOException {
        if (shard.length() >= shardBytes) {
            closeShard();
        }
    }

    /// Ends all files, durably.
    ///
    /// @return the shards
    List<Manifest.Entry> finish() throws IOException {
        if (shard != null) {
            closeShard();
        }
        index.reserve(Long.BYTES).putLong(tokens);
        return List.copyOf(shards);
    }

    /// After [#finish].
    Manifest.Entry finishIndex() throws IOException {
        return index.finish();
    }

    private void closeShard() throws IOException {
        shards.add(shard.finish());
        shard = null;
    }

    @Override
    public void close() throws IOException {
        index.close();
        if (shard != null) {
            shard.close();
        }
    }

    /// A buffered file that knows its digest.
    private final class Stream implements Closeable {
        private final String name;
        private final Disk.Output out;
        private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN);
        private final MessageDigest sha256 = Digest.sha256();
        private long flushed;

        Stream(String name) throws IOException {
            this.name = name;
            out = disk.create(folder.resolve(name));
        }

        ByteBuffer reserve(int bytes) throws IOException {
            if (buffer.remaining() < bytes) {
                flush();
            }
            return buffer;
        }

        long length() {
            return flushed + buffer.position();
        }

        Manifest.Entry finish() throws IOException {
            flush();
            out.force();
            out.close();
            return new Manifest.Entry(name, flushed, HexFormat.of().formatHex(sha256.digest()));
        }

        private void flush() throws IOException {
            buffer.flip();
            flushed += buffer.remaining();
            sha256.update(buffer.duplicate());
            out.write(buffer);
            buffer.clear();
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
