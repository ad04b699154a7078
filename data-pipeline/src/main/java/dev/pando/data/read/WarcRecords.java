package dev.pando.data.read;

import dev.pando.data.document.Troubles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.netpreserve.jwarc.WarcReader;
import org.netpreserve.jwarc.WarcRecord;

/// The records of a WARC file, plain or gzip by gzip; after a damaged one it goes on with the next that can be found.
final class WarcRecords implements Closeable {
    private static final byte[] GZIP = {0x1f, (byte) 0x8b, 0x08};
    private static final byte[] PLAIN = "WARC/".getBytes(StandardCharsets.US_ASCII);
    private static final int CHUNK = 1 << 20;

    private final Path file;
    private final Troubles troubles;
    private final FileChannel channel;
    private final boolean packed;
    private WarcReader reader;
    private long openedAt;
    private long recordAt = -1;
    private boolean sound = true;

    WarcRecords(Path file, Troubles troubles) throws IOException {
        this.file = file;
        this.troubles = troubles;
        channel = FileChannel.open(file);
        ByteBuffer head = ByteBuffer.allocate(2);
        channel.read(head, 0);
        packed = head.position() == 2 && head.get(0) == GZIP[0] && head.get(1) == GZIP[1];
        open(0);
    }

    /// Where the last record begins in the file.
    long position() {
        return recordAt;
    }

    Optional<WarcRecord> next() throws IOException {
        while (reader != null) {
            long before = reader.position();
            try {
                Optional<WarcRecord> record = reader.next();
                if (record.isPresent()) {
                    recordAt = reader.position();
                    sound = true;
                    return record;
                }
                return Optional.empty();
            } catch (IOException | RuntimeException broken) {
                // the library also throws unchecked exceptions on odd headers
                failed(Math.max(before, recordAt), broken);
            }
        }
        return Optional.empty();
    }

    /// Counts the record that was being read, and goes on behind its beginning.
    void failed(long at, Exception why) throws IOException {
        if (sound) {
            troubles.add("damaged WARC record", file + " at byte " + at + " (" + words(why) + ")");
            sound = false;
        }
        goOnBehind(Math.max(recordAt, openedAt));
    }

    /// Goes on with the next record that begins behind a place in the file.
    void goOnBehind(long at) throws IOException {
        long next = find(at + 1);
        if (next < 0) {
            reader = null;
        } else {
            open(next);
        }
    }

    private static String words(Exception why) {
        String message = why.getMessage();
        return message == null ? why.getClass().getSimpleName() : message.lines().findFirst().orElse("");
    }

    private void open(long at) throws IOException {
        openedAt = at;
        try {
            channel.position(at);
            reader = new WarcReader(channel);
            reader.setLenient(true);
        } catch (IOException | RuntimeException broken) {
            if (sound) {
                troubles.add("damaged WARC record", file + " at byte " + at + " (" + words(broken) + ")");
                sound = false;
            }
            long next = find(at + 1);
            if (next < 0) {
                reader = null;
            } else {
                open(next);
            }
        }
    }

    /// Where the next record may begin, or -1.
    private long find(long from) throws IOException {
        byte[] wanted = packed ? GZIP : PLAIN;
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        for (long at = from; ; at += CHUNK - wanted.length) {
            chunk.clear();
            int read = 0;
            for (int n = 0; n >= 0 && chunk.hasRemaining(); n = channel.read(chunk, at + read)) {
                read += n;
            }
            for (int i = 0; i + wanted.length <= read; i++) {
                int j = 0;
                while (j < wanted.length && chunk.get(i + j) == wanted[j]) {
                    j++;
                }
                if (j == wanted.length) {
                    return at + i;
                }
            }
            if (read < CHUNK) {
                return -1;
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
