package dev.pando.diagnosis.text;

import dev.pando.diagnosis.DiagnosisException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/// Reads a log line by line in bounded memory, whatever its size and however long its lines.
///
/// A file whose name ends in `.gz` is unpacked on the way, and `-` is the standard input. Of a line longer than
/// [#LONGEST] bytes the beginning and the end are kept. Bytes that are not UTF-8 become the replacement character. A
/// log may end in the middle of a line.
public final class Lines implements Closeable {
    /// Bytes of a line that are kept.
    public static final int LONGEST = 16 * 1024;

    private static final int CHUNK = 1 << 18;

    private final Path path;
    private final InputStream in;
    private final byte[] chunk = new byte[CHUNK];
    private final byte[] line = new byte[LONGEST];
    private int position;
    private int limit;
    private int length;
    private long number;
    private long read;

    private Lines(Path path, InputStream in) {
        this.path = path;
        this.in = in;
    }

    /// A log's lines; fails with a sentence where it cannot be read.
    public static Lines of(Path path) {
        if (Files.isDirectory(path)) {
            throw new DiagnosisException(path + " is a folder; name the log files in it");
        }
        try {
            InputStream in = path.toString().equals("-") ? System.in : Files.newInputStream(path);
            return new Lines(path, path.toString().endsWith(".gz") ? new GZIPInputStream(in, CHUNK) : in);
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    /// The lines of a stream, for instance of a text at hand.
    public static Lines of(String name, InputStream in) {
        return new Lines(Path.of(name), new BufferedInputStream(in));
    }

    /// The next line without its end, or null after the last.
    public String next() {
        return advance() ? text() : null;
    }

    /// Reads the next line into [#bytes]; false after the last.
    public boolean advance() {
        length = 0;
        boolean any = false;
        while (true) {
            if (position == limit && !fill()) {
                return any && take();
            }
            any = true;
            int end = position;
            while (end < limit && chunk[end] != '\n') {
                end++;
            }
            keep(position, end - position);
            read += end - position;
            position = end;
            if (end < limit) {
                position++;
                read++;
                return take();
            }
        }
    }

    /// The line at hand as text.
    public String text() {
        return new String(line, 0, length, StandardCharsets.UTF_8);
    }

    /// The bytes of the line at hand, up to [#length]; overwritten by the next.
    public byte[] bytes() {
        return line;
    }

    /// How many bytes the line at hand has.
    public int length() {
        return length;
    }

    /// Number of the line at hand, from 1.
    public long number() {
        return number;
    }

    /// Bytes read so far, unpacked.
    public long bytesRead() {
        return read;
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private boolean take() {
        number++;
        length -= length > 0 && line[length - 1] == '\r' ? 1 : 0;
        return true;
    }

    /// Beyond the buffer only the last bytes are of interest: they move through its second half.
    private void keep(int from, int count) {
        int half = LONGEST / 2;
        while (count > 0) {
            if (length == LONGEST) {
                System.arraycopy(line, half + half / 2, line, half, half / 2);
                length -= half / 2;
            }
            int part = Math.min(count, LONGEST - length);
            System.arraycopy(chunk, from, line, length, part);
            length += part;
            from += part;
            count -= part;
        }
    }

    private boolean fill() {
        try {
            limit = Math.max(0, in.read(chunk));
            position = 0;
            return limit > 0;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static DiagnosisException unreadable(Path path, IOException cause) {
        String why = cause instanceof java.nio.file.NoSuchFileException ? "there is no such file" : cause.getMessage();
        return new DiagnosisException("cannot read the log " + path + ": " + why, cause);
    }
}
