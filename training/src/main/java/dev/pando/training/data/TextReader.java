package dev.pando.training.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;

/// Reads files once from end to end to tell text from what is not, in memory that does not grow with the file.
///
/// Not thread-safe.
final class TextReader {
    sealed interface Result {}

    record Text(long bytes, String sha256) implements Result {}

    record NoText(String reason) implements Result {}

    private static final int BUFFER = 1 << 16;

    private final ByteBuffer bytes = ByteBuffer.allocate(BUFFER);
    private final CharBuffer characters = CharBuffer.allocate(BUFFER);
    private final CharsetDecoder decoder =
            StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT);

    Result read(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            return read(channel);
        } catch (IOException e) {
            throw new DataException(
                    "cannot read " + file + ": " + Disk.reason(e) + "; make it readable, or name it in data.exclude",
                    e);
        }
    }

    private Result read(FileChannel channel) throws IOException {
        var sha256 = Digest.sha256();
        decoder.reset();
        bytes.clear();
        long length = 0;
        boolean valid = true;
        for (int count = channel.read(bytes); count >= 0; count = channel.read(bytes)) {
            int start = bytes.position() - count;
            sha256.update(bytes.array(), start, count);
            length += count;
            for (int i = start; i < bytes.position(); i++) {
                if (bytes.get(i) == 0) {
                    return new NoText("binary");
                }
            }
            // a zero byte may still come, so what is not UTF-8 may turn out to be binary
            valid = valid && decode(false);
            if (!valid) {
                bytes.clear();
            }
        }
        if (length == 0) {
            return new NoText("empty");
        }
        return valid && decode(true)
                ? new Text(length, HexFormat.of().formatHex(sha256.digest()))
                : new NoText("not UTF-8");
    }

    private boolean decode(boolean last) {
        bytes.flip();
        characters.clear();
        boolean valid = !decoder.decode(bytes, characters, last).isError();
        bytes.compact();
        return valid;
    }
}
