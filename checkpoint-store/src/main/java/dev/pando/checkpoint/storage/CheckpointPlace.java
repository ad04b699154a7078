package dev.pando.checkpoint.storage;

import java.nio.file.Path;

/// Where checkpoints are: a folder, or a place in an S3 bucket.
public sealed interface CheckpointPlace permits CheckpointPlace.Folder, S3Location {
    /// Reads `s3://bucket/prefix`, or the path of a folder.
    ///
    /// @throws IllegalArgumentException saying what is wrong with it
    static CheckpointPlace parse(String text) {
        return S3Location.isOne(text) ? S3Location.parse(text) : new Folder(Path.of(text));
    }

    /// A folder of this machine, or one that machines share.
    record Folder(Path path) implements CheckpointPlace {
        @Override
        public String toString() {
            return path.toString();
        }
    }
}
