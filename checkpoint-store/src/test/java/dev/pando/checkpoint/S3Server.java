package dev.pando.checkpoint;

import dev.pando.checkpoint.storage.S3Clients;
import dev.pando.checkpoint.storage.S3Location;
import dev.pando.checkpoint.storage.S3Outages;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// A server that speaks S3 on a local port, keeps all in memory, and fails as told.
final class S3Server {
    static final String BUCKET = "bucket";
    private static final Duration FIRST_DELAY = Duration.ofMillis(5);

    private final S3Outages outages = new S3Outages(Duration.ZERO);
    private final S3Proxy proxy;
    private final Faulty store = new Faulty(new TransientNio2BlobStore());

    S3Server() throws Exception {
        proxy =
                S3Proxy.builder()
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, "key", "secret")
                        .blobStore(store)
                        .jettyMaxThreads(12)
                        .build();
        proxy.start();
        try (S3Client client = client("secret")) {
            client.createBucket(request -> request.bucket(BUCKET));
        }
    }

    /// Those that its clients have overcome, however short.
    S3Outages outages() {
        return outages;
    }

    S3Location place(String prefix, Duration patience) {
        return new S3Location(
                BUCKET,
                prefix,
                Optional.of(URI.create("http://127.0.0.1:" + proxy.getPort())),
                Optional.of("us-east-1"),
                patience);
    }

    S3Client client(String secret) {
        return S3Clients.of(
                place("", Duration.ofSeconds(30)),
                StaticCredentialsProvider.create(AwsBasicCredentials.create("key", secret)),
                FIRST_DELAY,
                outages);
    }

    S3Client client(Duration patience) {
        return S3Clients.of(
                place("", patience),
                StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")),
                FIRST_DELAY,
                outages);
    }

    /// From now on, how many of a hundred requests fail, in what way the seed says.
    void failing(int percent, long seed) {
        store.percent = percent;
        store.random = new Random(seed);
    }

    /// Requests that are answered by that status, whatever else; null for none.
    void refusing(Integer status) {
        store.status = status;
    }

    /// The next request that carries out what is matched is carried out, and its answer lost.
    void losingTheAnswerTo(Predicate<Object> request) {
        store.lost = request;
    }

    long requests() {
        return store.requests;
    }

    long failures() {
        return store.failures;
    }

    void stop() throws Exception {
        proxy.stop();
    }

    private static final class Faulty extends ForwardingBlobStore {
        private volatile int percent;
        private volatile Integer status;
        private Predicate<Object> lost = request -> false;
        private Random random = new Random(0);
        private long requests;
        private long failures;

        Faulty(BlobStore store) {
            super(store);
        }

        private interface Call<T> {
            T run();
        }

        private <T> T call(Object request, Call<T> call) {
            int fate;
            boolean losing;
            synchronized (this) {
                requests++;
                if (status != null) {
                    failures++;
                    throw S3Exceptions.fromStatusCode(status);
                }
                fate = random.nextInt(100) < percent ? random.nextInt(3) : -1;
                losing = lost.test(request);
                if (losing) {
                    lost = other -> false;
                    fate = 2;
                }
                if (fate >= 0) {
                    failures++;
                }
            }
            return switch (fate) {
                case 0 -> throw S3Exceptions.fromStatusCode(503);
                case 1 -> throw S3Exceptions.fromStatusCode(500);
                case 2 -> {
                    call.run();
                    throw S3Exceptions.fromStatusCode(500);
                }
                default -> call.run();
            };
        }

        @Override
        public ListObjectsV2Response list(ListObjectsV2Request request) {
            return call(request, () -> super.list(request));
        }

        @Override
        public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
            return call(request, () -> super.putBlob(request, body));
        }

        @Override
        public CopyObjectResponse copyBlob(CopyObjectRequest request) {
            return call(request, () -> super.copyBlob(request));
        }

        @Override
        public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
            return call(request, () -> super.blobMetadata(request));
        }

        @Override
        public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
            ResponseInputStream<GetObjectResponse> body = call(request, () -> super.getBlob(request));
            int bytes;
            synchronized (this) {
                if (body == null || random.nextInt(100) >= percent) {
                    return body;
                }
                failures++;
                bytes = random.nextInt(body.response().contentLength().intValue() + 1);
            }
            return new ResponseInputStream<>(body.response(), new BreaksOff(body, bytes));
        }

        @Override
        public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
            return call(request, () -> super.removeBlob(request));
        }

        @Override
        public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
            return call(request, () -> super.initiateMultipartUpload(request));
        }

        @Override
        public CompleteMultipartUploadResponse completeMultipartUpload(
                MultipartUpload upload, CompleteMultipartUploadRequest request) {
            return call(request, () -> super.completeMultipartUpload(upload, request));
        }

        @Override
        public UploadPartResponse uploadMultipartPart(
                MultipartUpload upload, UploadPartRequest request, InputStream body) {
            return call(request, () -> super.uploadMultipartPart(upload, request, body));
        }
    }

    /// A body whose connection breaks before its end.
    private static final class BreaksOff extends FilterInputStream {
        private int left;

        BreaksOff(InputStream body, int left) {
            super(body);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            if (left-- <= 0) {
                throw new IOException("the connection broke off");
            }
            return super.read();
        }

        @Override
        public int read(byte[] into, int from, int length) throws IOException {
            if (left <= 0) {
                throw new IOException("the connection broke off");
            }
            int count = super.read(into, from, Math.min(left, length));
            left -= Math.max(0, count);
            return count;
        }
    }
}
