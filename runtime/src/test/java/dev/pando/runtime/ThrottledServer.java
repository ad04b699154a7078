package dev.pando.runtime;

import java.io.InputStream;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/// A server that speaks S3, has one bucket, and refuses to list, to read and to write twice before it does so; this
/// JVM's clients find it by themselves.
final class ThrottledServer implements AutoCloseable {
    private static final int SERVED = 3;

    private final Map<String, String> before = new HashMap<>();
    private final Map<String, Integer> asked = new ConcurrentHashMap<>();
    private final AtomicLong refused = new AtomicLong();
    private final S3Proxy proxy;

    ThrottledServer() throws Exception {
        BlobStore memory = new TransientNio2BlobStore();
        memory.createContainer(CreateBucketRequest.builder().bucket("bucket").build());
        proxy =
                S3Proxy.builder()
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, "key", "secret")
                        .blobStore(new Throttled(memory))
                        .jettyMaxThreads(12)
                        .build();
        proxy.start();
        set("aws.accessKeyId", "key");
        set("aws.secretAccessKey", "secret");
        set("aws.region", "us-east-1");
        set("aws.endpointUrlS3", "http://127.0.0.1:" + proxy.getPort());
    }

    private void set(String property, String value) {
        before.put(property, System.setProperty(property, value));
    }

    long refused() {
        return refused.get();
    }

    private final class Throttled extends ForwardingBlobStore {
        Throttled(BlobStore store) {
            super(store);
        }

        @Override
        public ListObjectsV2Response list(ListObjectsV2Request request) {
            refuseIfTooSoon("list");
            return super.list(request);
        }

        @Override
        public PutObjectResponse putBlob(PutObjectRequest request, InputStream body) {
            refuseIfTooSoon("put " + request.key());
            return super.putBlob(request, body);
        }

        @Override
        public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
            refuseIfTooSoon("get " + request.key());
            return super.getBlob(request);
        }

        private void refuseIfTooSoon(String what) {
            if (asked.merge(what, 1, Integer::sum) % SERVED != 0) {
                refused.incrementAndGet();
                throw S3Exceptions.fromStatusCode(503);
            }
        }
    }

    @Override
    public void close() {
        before.forEach((property, value) -> {
            if (value == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, value);
            }
        });
        try {
            proxy.stop();
        } catch (Exception stuck) {
            throw new IllegalStateException("the server did not stop", stuck);
        }
    }
}
