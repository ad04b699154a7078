package dev.pando.checkpoint.storage;

import java.time.Duration;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.retries.api.AcquireInitialTokenRequest;
import software.amazon.awssdk.retries.api.AcquireInitialTokenResponse;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RecordSuccessRequest;
import software.amazon.awssdk.retries.api.RecordSuccessResponse;
import software.amazon.awssdk.retries.api.RefreshRetryTokenRequest;
import software.amazon.awssdk.retries.api.RefreshRetryTokenResponse;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.retries.api.RetryToken;
import software.amazon.awssdk.retries.api.TokenAcquisitionFailedException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Tries calls again, later and later and never in step with others, until their time is over; then the last failure
/// says why, where a time limit of the whole call would only say that it took too long.
final class S3Patience implements RetryStrategy {
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(20);
    private static final int MOST_ATTEMPTS = 1000; // time is over before

    /// The client sets its clock by the first answer; if that does not help, nothing will.
    private static final int MOST_SKEWED = 3;

    private final RetryStrategy delays;
    private final Duration patience;
    private final S3Outages outages;

    /// @param firstDelay at most, before a call is tried again
    S3Patience(Duration patience, Duration firstDelay, S3Outages outages) {
        BackoffStrategy backoff = BackoffStrategy.exponentialDelay(firstDelay, LONGEST_DELAY);
        this.patience = patience;
        this.outages = outages;
        this.delays =
                AwsRetryStrategy.standardRetryStrategy().toBuilder()
                        .maxAttempts(MOST_ATTEMPTS)
                        .circuitBreakerEnabled(false)
                        .backoffStrategy(backoff)
                        .throttlingBackoffStrategy(backoff)
                        .build();
    }

    /// @param last failure, if there was one
    private record Token(RetryToken inner, int attempts, long beginNanos, Throwable last) implements RetryToken {}

    private static Duration lasted(Token token) {
        return Duration.ofNanos(System.nanoTime() - token.beginNanos);
    }

    @Override
    public AcquireInitialTokenResponse acquireInitialToken(AcquireInitialTokenRequest request) {
        AcquireInitialTokenResponse begun = delays.acquireInitialToken(request);
        Token token = new Token(begun.token(), 1, System.nanoTime(), null);
        return AcquireInitialTokenResponse.create(token, begun.delay());
    }

    @Override
    public RefreshRetryTokenResponse refreshRetryToken(RefreshRetryTokenRequest request) {
        Token token = (Token) request.token();
        Duration left = patience.minus(lasted(token));
        boolean skewed =
                request.failure() instanceof S3Exception said
                        && S3Errors.code(said).equals(S3Errors.SKEWED)
                        && token.attempts >= MOST_SKEWED;
        if (skewed || !left.isPositive()) {
            throw new TokenAcquisitionFailedException("enough", token, request.failure());
        }
        RefreshRetryTokenResponse next;
        try {
            next = delays.refreshRetryToken(request.toBuilder().token(token.inner).build());
        } catch (TokenAcquisitionFailedException hopeless) {
            throw new TokenAcquisitionFailedException(hopeless.getMessage(), token, hopeless.getCause());
        }
        if (request.failure() instanceof SdkException said) {
            outages.failing(S3Errors.translated("", said));
        }
        Duration delay = next.delay().compareTo(left) < 0 ? next.delay() : left;
        return RefreshRetryTokenResponse.create(
                new Token(next.token(), token.attempts + 1, token.beginNanos, request.failure()), delay);
    }

    @Override
    public RecordSuccessResponse recordSuccess(RecordSuccessRequest request) {
        Token token = (Token) request.token();
        RecordSuccessResponse done = delays.recordSuccess(RecordSuccessRequest.create(token.inner));
        if (token.last instanceof SdkException said) {
            outages.overcome(lasted(token), S3Errors.translated("", said));
        }
        return RecordSuccessResponse.create(new Token(done.token(), token.attempts, token.beginNanos, null));
    }

    @Override
    public int maxAttempts() {
        return MOST_ATTEMPTS;
    }

    @Override
    public boolean useClientDefaults() {
        return false; // what is worth another try is known already
    }

    @Override
    public Builder<?, ?> toBuilder() {
        throw new UnsupportedOperationException("a client has one patience for all its calls");
    }
}
