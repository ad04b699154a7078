package dev.pando.checkpoint.storage;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/// A place in an S3 bucket.
///
/// Credentials come from where AWS's tools take them: environment, profile, role of the machine; so do the region and
/// the endpoint where they are not given here.
///
/// @param prefix of all keys, without a slash at its end; empty: the bucket is ours alone
/// @param endpoint of a server that is not AWS's
/// @param region as AWS names it
/// @param patience how long one call is tried again before the server counts as gone
public record S3Location(
        String bucket, String prefix, Optional<URI> endpoint, Optional<String> region, Duration patience)
        implements CheckpointPlace {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    public S3Location {
        if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
            throw new IllegalArgumentException("'" + bucket + "' is not the name of an S3 bucket");
        }
        if (prefix.startsWith("/") || prefix.endsWith("/")) {
            throw new IllegalArgumentException("'" + prefix + "' must neither begin nor end with a slash");
        }
    }

    /// Reads `s3://bucket/prefix`.
    ///
    /// @throws IllegalArgumentException saying what is wrong with it
    public static S3Location parse(String text) {
        if (!isOne(text)) {
            throw new IllegalArgumentException("'" + text + "' is no place in S3; write s3://bucket/prefix");
        }
        String rest = text.substring("s3://".length()).replaceAll("/+$", "");
        int slash = rest.indexOf('/');
        return new S3Location(
                slash < 0 ? rest : rest.substring(0, slash),
                slash < 0 ? "" : rest.substring(slash + 1),
                Optional.empty(),
                Optional.empty(),
                PATIENCE);
    }

    /// The same place, of which one expects an answer within another time.
    public S3Location patient(Duration time) {
        return new S3Location(bucket, prefix, endpoint, region, time);
    }

    /// Whether that means a place in S3 and not a folder.
    public static boolean isOne(String text) {
        return text.startsWith("s3://");
    }

    public String key(String name) {
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    @Override
    public String toString() {
        return "s3://" + bucket + (prefix.isEmpty() ? "" : "/" + prefix);
    }
}
