package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.io.Disk;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// An object being written: in one request where it is small, else in parts that travel side by side.
///
/// The object appears whole when it is synced, and not before. Memory is one part for each upload thread and one more.
final class S3Upload implements Disk.Output {
    private static final String CONTENT = "application/octet-stream";
    private static final Duration ABORTING = Duration.ofSeconds(5);

    private final S3Client client;
    private final ExecutorService threads;
    private final int inFlight;
    private final String bucket;
    private final String key;
    private final int partBytes;
    private final boolean single;
    private final Deque<Future<CompletedPart>> sent = new ArrayDeque<>();
    private final List<CompletedPart> done = new ArrayList<>();
    private final Deque<byte[]> buffers = new ArrayDeque<>();
    private byte[] part;
    private int filled;
    private int number;
    private String upload;
    private boolean complete;

    /// @param bytes that the object will have
    /// @param partBytes of each part but the last
    /// @param inFlight parts that travel at once
    S3Upload(
            S3Client client,
            ExecutorService threads,
            int inFlight,
            String bucket,
            String key,
            long bytes,
            int partBytes) {
        this.client = client;
        this.threads = threads;
        this.inFlight = inFlight;
        this.bucket = bucket;
        this.key = key;
        this.partBytes = partBytes;
        this.single = bytes <= partBytes;
        this.part = new byte[single ? Math.toIntExact(bytes) : partBytes];
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (filled == part.length) {
                send();
            }
            int count = Math.min(bytes.remaining(), part.length - filled);
            bytes.get(part, filled, count);
            filled += count;
        }
    }

    private void send() throws IOException {
        if (single) {
            throw new IOException(key + " has more bytes than announced");
        }
        if (upload == null) {
            upload =
                    S3Errors.calling(
                            key,
                            () ->
                                    client.createMultipartUpload(
                                                    request -> request.bucket(bucket).key(key).contentType(CONTENT))
                                            .uploadId());
        }
        byte[] body = part;
        int length = filled;
        int mine = ++number;
        sent.add(threads.submit(() -> uploadPart(body, length, mine)));
        while (sent.size() > inFlight) {
            collect();
        }
        synchronized (buffers) {
            part = buffers.isEmpty() ? new byte[partBytes] : buffers.pop();
        }
        filled = 0;
    }

    private CompletedPart uploadPart(byte[] body, int length, int mine) {
        String tag =
                client.uploadPart(
                                request -> request.bucket(bucket).key(key).uploadId(upload).partNumber(mine),
                                body(body, length))
                        .eTag();
        synchronized (buffers) {
            buffers.push(body);
        }
        return CompletedPart.builder().partNumber(mine).eTag(tag).build();
    }

    private static RequestBody body(byte[] bytes, int length) {
        return RequestBody.fromContentProvider(() -> new ByteArrayInputStream(bytes, 0, length), length, CONTENT);
    }

    private void collect() throws IOException {
        try {
            done.add(sent.remove().get());
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof SdkException said) {
                throw S3Errors.translated(key, said);
            }
            throw new IOException("uploading " + key, failed.getCause());
        } catch (CancellationException closed) {
            throw new InterruptedIOException("closed");
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public void sync() throws IOException {
        if (upload == null && !single) {
            throw new IOException(key + " has fewer bytes than announced");
        }
        if (single) {
            byte[] body = part;
            int length = filled;
            S3Errors.calling(
                    key,
                    () ->
                            client.putObject(
                                    request -> request.bucket(bucket).key(key).contentType(CONTENT),
                                    body(body, length)));
        } else {
            send();
            while (!sent.isEmpty()) {
                collect();
            }
            S3Errors.calling(
                    key,
                    () ->
                            client.completeMultipartUpload(request ->
                                    request.bucket(bucket)
                                            .key(key)
                                            .uploadId(upload)
                                            .multipartUpload(parts -> parts.parts(done))));
        }
        complete = true;
    }

    /// What is not complete is given up. The server is told once: if it cannot be, a sweep clears it in a day, and the
    /// end of a failed checkpoint does not take twice as long.
    @Override
    public void close() {
        if (complete || upload == null) {
            return;
        }
        for (Future<CompletedPart> travelling : sent) {
            travelling.cancel(true);
        }
        try {
            client.abortMultipartUpload(request ->
                    request.bucket(bucket)
                            .key(key)
                            .uploadId(upload)
                            .overrideConfiguration(call -> call.apiCallTimeout(ABORTING)));
        } catch (SdkException unheard) {
            // it is named as incomplete until it is swept away
        }
    }
}
