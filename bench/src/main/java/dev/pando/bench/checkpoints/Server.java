package dev.pando.bench.checkpoints;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import org.slf4j.LoggerFactory;

/// A process that speaks S3 on a local port and keeps all in memory. It says its port, and ends with its input.
public final class Server {
    static final String KEY = "key";
    static final String SECRET = "secret";

    private Server() {}

    /// @param args none that it heeds
    public static void main(String[] args) throws Exception {
        quiet();
        S3Proxy proxy =
                S3Proxy.builder()
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, KEY, SECRET)
                        .blobStore(new TransientNio2BlobStore())
                        .build();
        proxy.start();
        System.out.println(proxy.getPort());
        System.in.read();
        System.exit(0);
    }

    /// Libraries that tell everything would be measured telling it.
    static void quiet() {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.ERROR);
    }
}
