package dev.pando.training.step;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Puts a whole replica into one line, so that two runs can be compared to the bit.
public final class StateHash {
    private static final long CHUNK = 1 << 20;

    private StateHash() {}

    /// SHA-256 over weights, first moments and second moments in table order, and the digest of the loss history.
    ///
    /// @return `sha256:` and 64 hexadecimal digits
    public static String of(TrainerState state) {
        MessageDigest digest = sha256();
        for (TrainerState.Span span : state.spans()) {
            MemorySegment data = span.data();
            for (long at = 0; at < data.byteSize(); at += CHUNK) {
                digest.update(data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer());
            }
        }
        digest.update(state.history().sha256().getBytes(StandardCharsets.US_ASCII));
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java runtime has SHA-256", impossible);
        }
    }
}
