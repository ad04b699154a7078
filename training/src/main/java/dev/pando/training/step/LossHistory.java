package dev.pando.training.step;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The whole loss curve in 32 bytes: a SHA-256 chain over every committed step's number, loss and gradient norm.
///
/// Two runs with the same digest had the same curve to the bit.
///
/// @param sha256 64 hexadecimal digits
public record LossHistory(String sha256) {
    /// Before the first step.
    public static final LossHistory EMPTY = new LossHistory("0".repeat(64));

    public LossHistory {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("not a SHA-256 in hexadecimal: " + sha256);
        }
    }

    public LossHistory then(long step, double loss, double gradientNorm) {
        ByteBuffer link = ByteBuffer.allocate(32 + 3 * Long.BYTES);
        link.put(HexFormat.of().parseHex(sha256)).putLong(step).putDouble(loss).putDouble(gradientNorm);
        try {
            return new LossHistory(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(link.array())));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java runtime has SHA-256", impossible);
        }
    }
}
