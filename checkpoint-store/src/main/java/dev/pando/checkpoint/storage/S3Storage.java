package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.format.CheckpointName;
import dev.pando.checkpoint.format.Manifest;
import dev.pando.checkpoint.io.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Checkpoints in an S3 bucket: `PREFIX/CHECKPOINT/FILE` for the tensors, `PREFIX/manifests/CHECKPOINT.json` to
/// publish.
///
/// A checkpoint is there when its manifest is, and the server makes a manifest only where none is yet. Names follow
/// from contents, so an upload that broke off goes on where it was, and two who write the same do not disturb each
/// other.
public final class S3Storage implements Storage {
    private static final String MANIFESTS = "manifests/";
    private static final String JSON = ".json";
    private static final int PART_BYTES = 16 << 20;
    private static final int MOST_PARTS = 9_000;

    private static final int MOST_CONNECTIONS = 8;

    /// The largest object that a server copies by itself in one request.
    private static final long MOST_COPIED = 5L << 30;

    /// A draft that is not published for that long, by the server's clock, has no writer any more.
    private static final Duration ABANDONED = Duration.ofDays(1);

    private final S3Client client;
    private final S3Outages outages;
    private final S3Location place;
    private final int uploads;
    private final int partBytes;
    private final ExecutorService threads;

    /// @param client is ours to close
    /// @param uploads parts that travel at once
    public S3Storage(S3Client client, S3Outages outages, S3Location place, int uploads) {
        this(client, outages, place, uploads, PART_BYTES);
    }

    public S3Storage(S3Client client, S3Outages outages, S3Location place, int uploads, int partBytes) {
        this.client = client;
        this.outages = outages;
        this.place = place;
        this.uploads = uploads;
        this.partBytes = partBytes;
        AtomicInteger number = new AtomicInteger();
        this.threads =
                Executors.newFixedThreadPool(
                        uploads,
                        task ->
                                Thread.ofPlatform()
                                        .name("pando-checkpoint-upload-" + number.getAndIncrement())
                                        .daemon()
                                        .unstarted(task));
    }

    @Override
    public String where() {
        return place.toString();
    }

    @Override
    public List<String> checkpoints() throws IOException {
        String prefix = place.key(MANIFESTS);
        return objects(prefix).stream()
                .map(object -> object.key.substring(prefix.length()))
                .filter(name -> name.endsWith(JSON) && name.indexOf('/') < 0)
                .map(name -> name.substring(0, name.length() - JSON.length()))
                .sorted()
                .toList();
    }

    /// @param now the server's time when it was listed
    private record Found(String key, Instant modified, Instant now) {}

    private List<Found> objects(String prefix) throws IOException {
        List<Found> found = new ArrayList<>();
        String token = null;
        do {
            String from = token;
            ListObjectsV2Response page =
                    S3Errors.calling(
                            where(),
                            () ->
                                    client.listObjectsV2(request ->
                                            request.bucket(place.bucket()).prefix(prefix).continuationToken(from)));
            Instant now = time(page.sdkHttpResponse().firstMatchingHeader("Date"));
            page.contents().forEach(object -> found.add(new Found(object.key(), object.lastModified(), now)));
            token = page.nextContinuationToken();
        } while (token != null);
        return found;
    }

    private static Instant time(Optional<String> header) {
        return header.map(text -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)))
                .orElse(Instant.MIN); // without the server's time nothing is old
    }

    private String key(String checkpoint, String file) {
        return file.equals(Manifest.FILE)
                ? place.key(MANIFESTS + checkpoint + JSON)
                : place.key(checkpoint + "/" + file);
    }

    @Override
    public boolean exists(String checkpoint) throws IOException {
        return isThere(key(checkpoint, Manifest.FILE));
    }

    private boolean isThere(String key) throws IOException {
        try {
            S3Object.open(client, place.bucket(), key);
            return true;
        } catch (NoSuchFileException not) {
            return false;
        }
    }

    @Override
    public Disk.Input open(String checkpoint, String file) throws IOException {
        return S3Object.open(client, place.bucket(), key(checkpoint, file));
    }

    @Override
    public Draft draft(String checkpoint, long expectedBytes) {
        return new S3Draft(checkpoint, true);
    }

    @Override
    public Draft join(String ticket) {
        return new S3Draft(ticket, false);
    }

    /// Most of a read is waiting for the server.
    @Override
    public int readers() {
        return Math.max(MOST_CONNECTIONS, Runtime.getRuntime().availableProcessors());
    }

    /// Each request costs its round trip, however little it asks for.
    @Override
    public long runBytes() {
        return PART_BYTES;
    }

    @Override
    public Optional<String> warning() {
        return outages.take(where());
    }

    @Override
    public Optional<String> blockedReason() {
        return outages.lasting().map(why -> why + "; given up after " + place.patience().toSeconds() + " s");
    }

    @Override
    public Path scratch() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }

    @Override
    public void remove(String checkpoint) throws IOException {
        delete(key(checkpoint, Manifest.FILE)); // from here on it is not there, whatever comes between
        for (Found object : objects(place.key(checkpoint + "/"))) {
            delete(object.key);
        }
    }

    private void delete(String key) throws IOException {
        try {
            S3Errors.calling(key, () -> client.deleteObject(request -> request.bucket(place.bucket()).key(key)));
        } catch (NoSuchFileException gone) {
            // by another's hand
        }
    }

    @Override
    public void sweep() throws IOException {
        Set<String> published = new HashSet<>(checkpoints());
        String prefix = place.key("");
        for (Found object : objects(prefix)) {
            String[] path = object.key.substring(prefix.length()).split("/", 2);
            if (path.length == 2
                    && CheckpointName.isOne(path[0])
                    && !published.contains(path[0])
                    && isOld(object.modified, object.now)) {
                delete(object.key);
            }
        }
        abortOldUploads(prefix);
    }

    private void abortOldUploads(String prefix) throws IOException {
        ListMultipartUploadsResponse page = null;
        do {
            ListMultipartUploadsResponse before = page;
            page =
                    S3Errors.calling(
                            where(),
                            () ->
                                    client.listMultipartUploads(request ->
                                            request.bucket(place.bucket())
                                                    .prefix(prefix)
                                                    .keyMarker(before == null ? null : before.nextKeyMarker())
                                                    .uploadIdMarker(
                                                            before == null ? null : before.nextUploadIdMarker())));
            Instant now = time(page.sdkHttpResponse().firstMatchingHeader("Date"));
            for (MultipartUpload upload : page.uploads()) {
                if (isOld(upload.initiated(), now)) {
                    S3Errors.calling(
                            upload.key(),
                            () ->
                                    client.abortMultipartUpload(request ->
                                            request.bucket(place.bucket())
                                                    .key(upload.key())
                                                    .uploadId(upload.uploadId())));
                }
            }
        } while (Boolean.TRUE.equals(page.isTruncated()));
    }

    private static boolean isOld(Instant then, Instant now) {
        return then != null && then.isBefore(now.equals(Instant.MIN) ? now : now.minus(ABANDONED));
    }

    @Override
    public void close() {
        for (Runnable dropped : threads.shutdownNow()) {
            ((Future<?>) dropped).cancel(false); // who waits for it hears that it never begins
        }
        client.close();
    }

    private final class S3Draft implements Draft {
        private final String checkpoint;
        private final boolean own;
        private final List<String> files = new ArrayList<>();

        S3Draft(String checkpoint, boolean own) {
            this.checkpoint = checkpoint;
            this.own = own;
        }

        @Override
        public String ticket() {
            return checkpoint;
        }

        @Override
        public Disk.Output create(String file, long bytes) throws IOException {
            files.add(file);
            String key = key(checkpoint, file);
            try {
                if (S3Object.open(client, place.bucket(), key).bytes() == bytes) {
                    return new Disk.Output() { // a writer before us came this far
                        @Override
                        public void write(ByteBuffer known) {
                            known.position(known.limit());
                        }

                        @Override
                        public void sync() {}

                        @Override
                        public void close() {}
                    };
                }
            } catch (NoSuchFileException fresh) {
                // the usual case
            }
            int size = (int) Math.max(partBytes, Math.ceilDiv(bytes, MOST_PARTS));
            return new S3Upload(client, threads, uploads, place.bucket(), key, bytes, size);
        }

        @Override
        public long bytes(String file) throws IOException {
            return S3Object.open(client, place.bucket(), key(checkpoint, file)).bytes();
        }

        @Override
        public Adoption adopt(String from, String file) throws IOException {
            files.add(file);
            try {
                if (S3Object.open(client, place.bucket(), key(from, file)).bytes() > MOST_COPIED) {
                    return Adoption.IMPOSSIBLE;
                }
                S3Errors.calling(
                        key(from, file),
                        () ->
                                client.copyObject(request ->
                                        request.sourceBucket(place.bucket())
                                                .sourceKey(key(from, file))
                                                .destinationBucket(place.bucket())
                                                .destinationKey(key(checkpoint, file))));
                return Adoption.DONE;
            } catch (NoSuchFileException gone) {
                return Adoption.GONE;
            }
        }

        @Override
        public boolean publish(ByteBuffer manifest) throws IOException {
            if (!own) {
                throw new IllegalStateException("only who began draft " + checkpoint + " publishes it");
            }
            byte[] text = new byte[manifest.remaining()];
            manifest.get(text);
            String key = key(checkpoint, Manifest.FILE);
            try {
                client.putObject(
                        request ->
                                request.bucket(place.bucket())
                                        .key(key)
                                        .ifNoneMatch("*")
                                        .contentType("application/json"),
                        RequestBody.fromBytes(text));
            } catch (S3Exception said) {
                if (said.statusCode() != 412 && said.statusCode() != 409) {
                    throw S3Errors.translated(key, said);
                }
                // Taken: by another, or by ourselves, when the answer to our first try was lost on its way.
                return isOurs(text);
            } catch (SdkException failed) {
                throw S3Errors.translated(key, failed);
            }
            return isWhole();
        }

        private boolean isOurs(byte[] text) throws IOException {
            try (Disk.Input there = open(checkpoint, Manifest.FILE)) {
                ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(there.bytes()));
                there.read(bytes, 0);
                return Arrays.equals(bytes.array(), text);
            } catch (NoSuchFileException removed) {
                return false;
            }
        }

        /// A file that we found and did not write may have been swept away before the manifest was there to protect it.
        private boolean isWhole() throws IOException {
            for (String file : files) {
                if (!isThere(key(checkpoint, file))) {
                    delete(key(checkpoint, Manifest.FILE));
                    return false;
                }
            }
            return true;
        }

        /// What was uploaded stays: the next try goes on from it, or a sweep clears it in a day.
        @Override
        public void close() {}
    }
}
