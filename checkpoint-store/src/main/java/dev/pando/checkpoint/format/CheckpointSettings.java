package dev.pando.checkpoint.format;

/// How checkpoints are written and how many stay; see `pando.job.checkpoint` in reference.conf.
///
/// @param keep valid checkpoints that stay
/// @param fileBytes size that a file of tensors does not exceed
/// @param chunkBytes unit of hashing: what one checksum covers, and the least that a partial read must fetch
/// @param threads that hash and check
/// @param bytesPerSecond most that is written in a second; 0 for no bound
/// @param scrub whether old checkpoints are read again in the background
public record CheckpointSettings(
        int keep, long fileBytes, int chunkBytes, int threads, long bytesPerSecond, boolean scrub) {
    public static final CheckpointSettings DEFAULT = new CheckpointSettings(3, 512L << 20, 4 << 20, 2, 0);

    public CheckpointSettings {
        require(keep >= 1, "checkpoint.keep must be at least 1, not " + keep);
        require(chunkBytes >= 64 && chunkBytes % 64 == 0, "chunk size must be a multiple of 64, not " + chunkBytes);
        require(
                fileBytes >= chunkBytes,
                "checkpoint.file-size must be at least " + chunkBytes + " bytes, not " + fileBytes);
        require(threads >= 1, "checkpoint.threads must be at least 1, not " + threads);
        require(bytesPerSecond >= 0, "checkpoint.bytes-per-second must be at least 0, not " + bytesPerSecond);
    }

    /// @param keep see `checkpoint.keep`
    /// @param fileBytes see `checkpoint.file-size`
    /// @param threads see `checkpoint.threads`
    /// @param bytesPerSecond see `checkpoint.bytes-per-second`
    /// @param scrub see `checkpoint.scrub`
    public CheckpointSettings(int keep, long fileBytes, int threads, long bytesPerSecond, boolean scrub) {
        this(keep, fileBytes, DEFAULT.chunkBytes, threads, bytesPerSecond, scrub);
    }

    public CheckpointSettings(int keep, long fileBytes, int chunkBytes, int threads, long bytesPerSecond) {
        this(keep, fileBytes, chunkBytes, threads, bytesPerSecond, true);
    }

    public CheckpointSettings withKeep(int checkpoints) {
        return new CheckpointSettings(checkpoints, fileBytes, chunkBytes, threads, bytesPerSecond, scrub);
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
