package dev.pando.checkpoint;

import java.time.Duration;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/// Clients that outlast a server's bad minute: calls are tried again, later and later and never in step with others.
final class S3Clients {
    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(20);
    private static final Duration ATTEMPT = Duration.ofSeconds(60);
    private static final int MOST_ATTEMPTS = 40; // patience ends it before

    private S3Clients() {}

    static S3Client of(S3Location place) {
        return builder(place).build();
    }

    static S3Client of(S3Location place, AwsCredentialsProvider credentials) {
        return builder(place).credentialsProvider(credentials).build();
    }

    private static S3ClientBuilder builder(S3Location place) {
        BackoffStrategy delays = BackoffStrategy.exponentialDelay(FIRST_DELAY, LONGEST_DELAY);
        Duration attempt = ATTEMPT.compareTo(place.patience()) < 0 ? ATTEMPT : place.patience();
        S3ClientBuilder builder =
                S3Client.builder()
                        .httpClientBuilder(UrlConnectionHttpClient.builder().socketTimeout(attempt))
                        .overrideConfiguration(calls ->
                                calls.apiCallTimeout(place.patience())
                                        .apiCallAttemptTimeout(attempt)
                                        .retryStrategy(
                                                StandardRetryStrategy.builder()
                                                        .maxAttempts(MOST_ATTEMPTS)
                                                        .circuitBreakerEnabled(false)
                                                        .backoffStrategy(delays)
                                                        .throttlingBackoffStrategy(delays)
                                                        .build()));
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
