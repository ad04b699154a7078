package dev.pando.data.prepare;

import java.nio.file.Path;

/// One file of documents, known by its content.
///
/// @param file JSON lines
/// @param bytes of its lines, unpacked
/// @param sha256 of its lines, unpacked
public record Shard(Path file, long documents, long bytes, String sha256) {}
