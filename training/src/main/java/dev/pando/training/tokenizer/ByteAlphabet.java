package dev.pando.training.tokenizer;

import java.util.Arrays;

/// Spells bytes as printable characters, so that a vocabulary of byte strings fits into JSON: the alphabet of GPT-2.
///
/// Bytes that are visible Latin-1 characters stand for themselves, the others for the characters from U+0100 on.
final class ByteAlphabet {
    private static final char[] CHARACTER_OF = new char[256];
    private static final short[] BYTE_OF = new short[512];

    static {
        Arrays.fill(BYTE_OF, (short) -1);
        char next = 256;
        for (int b = 0; b < 256; b++) {
            CHARACTER_OF[b] = isVisible(b) ? (char) b : next++;
            BYTE_OF[CHARACTER_OF[b]] = (short) b;
        }
    }

    private ByteAlphabet() {}

    static String spell(byte[] bytes) {
        StringBuilder spelling = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            spelling.append(CHARACTER_OF[b & 0xff]);
        }
        return spelling.toString();
    }

    /// The bytes that a spelling stands for, or null where it has a character outside the alphabet.
    static byte[] bytes(String spelling) {
        byte[] bytes = new byte[spelling.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = spelling.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
                return null;
            }
            bytes[i] = (byte) BYTE_OF[c];
        }
        return bytes;
    }

    private static boolean isVisible(int b) {
        return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
    }
}
