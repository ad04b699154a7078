package dev.pando.checkpoint.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// Checksums of arrays and segments. Reads through a small buffer that stays in cache; one per thread.
public final class Sha256 {
    private static final int WINDOW = 1 << 16;
    private static final ThreadLocal<Sha256> MINE = ThreadLocal.withInitial(Sha256::new);

    private final MessageDigest digest;
    private final byte[] window = new byte[WINDOW];

    private Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java runtime has SHA-256", impossible);
        }
    }

    /// 64 hexadecimal digits.
    public static String hex(byte[] bytes, int from, int length) {
        MessageDigest digest = MINE.get().digest;
        digest.update(bytes, from, length);
        return HexFormat.of().formatHex(digest.digest());
    }

    /// 64 hexadecimal digits.
    public static String hex(MemorySegment bytes) {
        return MINE.get().of(bytes);
    }

    /// The checksum of each chunk, in order.
    static List<String> chunks(MemorySegment bytes, int chunkBytes) {
        List<String> sums = new ArrayList<>();
        for (long at = 0; at < bytes.byteSize(); at += chunkBytes) {
            sums.add(hex(bytes.asSlice(at, Math.min(chunkBytes, bytes.byteSize() - at))));
        }
        return sums;
    }

    private String of(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += WINDOW) {
            int length = (int) Math.min(WINDOW, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, window, 0, length);
            digest.update(window, 0, length);
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
