package dev.pando.checkpoint.storage;

import java.time.Duration;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/// Clients that outlast a server's bad minute: calls are tried again, later and later and never in step with others.
public final class S3Clients {
    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration ATTEMPT = Duration.ofSeconds(60);

    private S3Clients() {}

    /// @param outages is told of those that were overcome
    public static S3Client of(S3Location place, S3Outages outages) {
        return builder(place, FIRST_DELAY, outages).build();
    }

    /// @param firstDelay at most, before a call is tried again
    public static S3Client of(
            S3Location place, AwsCredentialsProvider credentials, Duration firstDelay, S3Outages outages) {
        return builder(place, firstDelay, outages).credentialsProvider(credentials).build();
    }

    private static S3ClientBuilder builder(S3Location place, Duration firstDelay, S3Outages outages) {
        Duration attempt = ATTEMPT.compareTo(place.patience()) < 0 ? ATTEMPT : place.patience();
        S3ClientBuilder builder =
                S3Client.builder()
                        .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(attempt))
                        .overrideConfiguration(calls ->
                                calls.apiCallTimeout(place.patience().plus(attempt))
                                        .apiCallAttemptTimeout(attempt)
                                        .retryStrategy(new S3Patience(place.patience(), firstDelay, outages)));
        place.endpoint().ifPresent(builder::endpointOverride);
        // servers that are not AWS's are found by one name, and not by one for each bucket
        builder.forcePathStyle(place.endpoint().isPresent() || isElsewhere());
        place.region().ifPresent(region -> builder.region(Region.of(region)));
        return builder;
    }

    /// Whether the environment names a server, as AWS's tools understand it.
    private static boolean isElsewhere() {
        return Stream.of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL").anyMatch(name -> System.getenv(name) != null)
                || Stream.of("aws.endpointUrlS3", "aws.endpointUrl").anyMatch(name -> System.getProperty(name) != null);
    }
}
