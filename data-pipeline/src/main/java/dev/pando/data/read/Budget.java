package dev.pando.data.read;

/// How much of one document is looked at. Counted in nodes and bytes, not in seconds, so that every machine gives the
/// same verdict.
///
/// @param nodes of a page's tree
/// @param bytes of one document, unpacked
public record Budget(int nodes, int bytes) {
    public static final Budget STANDARD = new Budget(400_000, 32 << 20);
}
