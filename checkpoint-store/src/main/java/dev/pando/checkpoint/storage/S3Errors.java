package dev.pando.checkpoint.storage;

import dev.pando.checkpoint.io.UnavailableException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.NoSuchFileException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Turns what an S3 server and its client say into the exceptions that a file system would throw.
public final class S3Errors {
    /// What a server says to those whose clock is not its own.
    static final String SKEWED = "RequestTimeTooSkewed";

    private S3Errors() {}

    /// A call to the server.
    @FunctionalInterface
    public interface Call<T> {
        T run();
    }

    /// @param what the object or the place that the call is about
    public static <T> T calling(String what, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (SdkException failed) {
            throw translated(what, failed);
        }
    }

    public static IOException translated(String what, SdkException failed) {
        return switch (failed) {
            case AbortedException _ -> interrupted(failed);
            case S3Exception said -> translated(what, said);
            case ApiCallAttemptTimeoutException slow ->
                    new UnavailableException("the server does not answer in time", slow);
            case ApiCallTimeoutException slow -> new UnavailableException("the server does not answer in time", slow);
            case SdkClientException unsent when text(unsent).contains("credentials") ->
                    new UnavailableException(
                            "there are no credentials for it (AWS_ACCESS_KEY_ID, a profile, or a role)", unsent);
            case SdkClientException unsent when text(unsent).contains("region") ->
                    new UnavailableException("no region is set (AWS_REGION)", unsent);
            default -> new UnavailableException("the server does not answer (" + text(failed) + ")", failed);
        };
    }

    private static IOException interrupted(SdkException failed) {
        IOException interrupted = new InterruptedIOException("interrupted");
        interrupted.initCause(failed);
        return interrupted;
    }

    private static IOException translated(String what, S3Exception said) {
        String code = code(said);
        return switch (code) {
            case "NoSuchBucket" -> new UnavailableException("the bucket does not exist", said);
            case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken" ->
                    new UnavailableException("its server refuses the credentials (" + code + ")", said);
            case SKEWED -> new UnavailableException("this machine's clock is too far from its server's", said);
            case "AccessDenied" -> new UnavailableException("permission is denied by its server", said);
            case "SlowDown", "RequestLimitExceeded" -> new UnavailableException("its server asks to slow down", said);
            default ->
                    switch (said.statusCode()) {
                        case 404 -> new NoSuchFileException(what);
                        case 403 -> new UnavailableException("permission is denied by its server", said);
                        default ->
                                new UnavailableException(
                                        "its server answers " + said.statusCode() + (code.isEmpty() ? "" : " " + code),
                                        said);
                    };
        };
    }

    static String code(S3Exception said) {
        String code = said.awsErrorDetails() == null ? null : said.awsErrorDetails().errorCode();
        return code == null ? "" : code;
    }

    private static String text(SdkException failed) {
        String text = failed.getMessage();
        return text == null ? failed.getClass().getSimpleName() : text.lines().findFirst().orElse("?");
    }
}
