package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.io.Disk;
import dev.pando.checkpoint.io.UnavailableException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.List;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/// An object being read, range by range.
final class S3Object implements Disk.Input {
    /// How often a transfer that breaks off is continued, as long as each attempt makes progress.
    private static final int RESUMES = 8;

    private static final int WINDOW = 1 << 16;

    private final S3Client client;
    private final String bucket;
    private final String key;
    private final long bytes;
    private final String version;

    private S3Object(S3Client client, String bucket, String key, HeadObjectResponse head) {
        this.client = client;
        this.bucket = bucket;
        this.key = key;
        this.bytes = head.contentLength();
        this.version = head.eTag();
    }

    static S3Object open(S3Client client, String bucket, String key) throws IOException {
        HeadObjectResponse head =
                S3Errors.calling(key, () -> client.headObject(request -> request.bucket(bucket).key(key)));
        return new S3Object(client, bucket, key, head);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(ByteBuffer into, long position) throws IOException {
        read(List.of(into), position);
    }

    @Override
    public void read(List<ByteBuffer> into, long position) throws IOException {
        long end = position + remaining(into);
        if (end > bytes) {
            throw new EOFException(key + " ends at byte " + bytes);
        }
        int left = RESUMES;
        for (long at = position; at < end; at = end - remaining(into)) {
            try {
                readSome(into, at, end);
            } catch (NoSuchFileException | UnavailableException said) {
                throw said;
            } catch (IOException brokenOff) {
                if (end - remaining(into) == at && --left == 0) {
                    throw new UnavailableException("transfers from its server keep breaking off", brokenOff);
                }
            }
        }
    }

    private static long remaining(List<ByteBuffer> into) {
        return into.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    private void readSome(List<ByteBuffer> into, long at, long end) throws IOException {
        String range = "bytes=" + at + "-" + (end - 1);
        byte[] window = new byte[(int) Math.min(end - at, WINDOW)];
        try (ResponseInputStream<GetObjectResponse> body =
                S3Errors.calling(
                        key,
                        () ->
                                client.getObject(
                                        request -> request.bucket(bucket).key(key).range(range).ifMatch(version)))) {
            InputStream in = body;
            for (ByteBuffer one : into) {
                while (one.hasRemaining()) {
                    int count = in.read(window, 0, Math.min(window.length, one.remaining()));
                    if (count < 0) {
                        throw new EOFException(key + " broke off");
                    }
                    one.put(window, 0, count);
                }
            }
        }
    }

    @Override
    public void close() {}
}
