package dev.pando.data.document;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZInputStream;
import org.tukaani.xz.XZOutputStream;

/// Opens files whether they are packed or not: gzip, Zstandard and xz by their first bytes, whatever their name.
public final class Packed {
    private static final int BUFFER = 1 << 16;
    private static final int WINDOW_LOG = 27; // 128 MiB: what `zstd --long` asks for
    private static final int XZ_MEMORY_KIB = 1 << 17; // more is asked for by bombs only
    private static final int ZSTD_LEVEL = 3;

    private Packed() {}

    public static InputStream open(Path file) throws IOException {
        return unpacked(Files.newInputStream(file));
    }

    /// The bytes inside; closing it closes what was given.
    public static InputStream unpacked(InputStream bytes) throws IOException {
        BufferedInputStream in = new BufferedInputStream(bytes, BUFFER);
        try {
            in.mark(6);
            byte[] head = in.readNBytes(6);
            in.reset();
            if (starts(head, 0x1f, 0x8b)) {
                return new GZIPInputStream(in, BUFFER);
            }
            if (starts(head, 0x28, 0xb5, 0x2f, 0xfd)) {
                return new ZstdInputStream(in).setLongMax(WINDOW_LOG);
            }
            if (starts(head, 0xfd, '7', 'z', 'X', 'Z', 0)) {
                return new XZInputStream(in, XZ_MEMORY_KIB);
            }
            return in;
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    /// Packs as the file's name says: `.gz`, `.zst`, `.xz`, or not at all. The same bytes in give the same bytes out.
    public static OutputStream create(Path file) throws IOException {
        return packing(Files.newOutputStream(file), file.getFileName().toString());
    }

    /// The same, where the bytes go to a file that will get the name later.
    public static OutputStream packing(OutputStream file, String name) throws IOException {
        OutputStream out = new BufferedOutputStream(file, BUFFER);
        if (name.endsWith(".gz")) {
            return new GZIPOutputStream(out, BUFFER);
        }
        if (name.endsWith(".zst")) {
            return new ZstdOutputStream(out, ZSTD_LEVEL);
        }
        return name.endsWith(".xz") ? new XZOutputStream(out, new LZMA2Options()) : out;
    }

    /// A name without the ending that says how it is packed.
    public static String bareName(String name) {
        return name.replaceFirst("\\.(gz|zst|zstd|xz)$", "");
    }

    private static boolean starts(byte[] head, int... bytes) {
        if (head.length < bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if ((head[i] & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }
}
