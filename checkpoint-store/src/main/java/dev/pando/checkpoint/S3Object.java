package dev.pando.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/// An object being read, range by range.
final class S3Object implements Disk.Input {
    /// How often a transfer that breaks off is gone on with, as long as each brings something.
    private static final int RESUMES = 8;

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
                S3Faults.calling(key, () -> client.headObject(request -> request.bucket(bucket).key(key)));
        return new S3Object(client, bucket, key, head);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void read(ByteBuffer into, long position) throws IOException {
        if (position + into.remaining() > bytes) {
            throw new EOFException(key + " ends at byte " + bytes);
        }
        long at = position;
        int left = RESUMES;
        while (into.hasRemaining()) {
            int before = into.remaining();
            try {
                readSome(into, at);
            } catch (NoSuchFileException | UnavailableException said) {
                throw said;
            } catch (IOException brokenOff) {
                if (into.remaining() == before && --left == 0) {
                    throw new UnavailableException("transfers from its server keep breaking off", brokenOff);
                }
            }
            at += before - into.remaining();
        }
    }

    private void readSome(ByteBuffer into, long at) throws IOException {
        String range = "bytes=" + at + "-" + (at + into.remaining() - 1);
        byte[] window = new byte[Math.min(into.remaining(), 1 << 16)];
        try (ResponseInputStream<GetObjectResponse> body =
                S3Faults.calling(
                        key,
                        () ->
                                client.getObject(
                                        request -> request.bucket(bucket).key(key).range(range).ifMatch(version)))) {
            InputStream in = body;
            while (into.hasRemaining()) {
                int count = in.read(window, 0, Math.min(window.length, into.remaining()));
                if (count < 0) {
                    throw new EOFException(key + " broke off");
                }
                into.put(window, 0, count);
            }
        }
    }

    @Override
    public void close() {}
}
