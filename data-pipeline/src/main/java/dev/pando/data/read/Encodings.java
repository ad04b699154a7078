package dev.pando.data.read;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mozilla.universalchardet.UniversalDetector;

/// Turns bytes into text: by their mark, by what they say of themselves, or by what they look like.
public final class Encodings {
    private static final int LOOKED_AT = 4096;
    private static final int DETECTED_BY = 1 << 18;
    private static final Pattern META =
            Pattern.compile(
                    "(?:charset|encoding)\\s*=\\s*[\"']?\\s*([a-zA-Z0-9_:.\\-]{2,40})", Pattern.CASE_INSENSITIVE);

    /// @param encoding its name
    /// @param detected whether nothing but the bytes themselves said so
    public record Decoded(String text, String encoding, boolean detected) {}

    private Encodings() {}

    /// @param told the encoding that an HTTP header names, or nothing
    /// @param markup whether the bytes may name their encoding themselves, as HTML and XML do
    public static Decoded decode(byte[] bytes, String told, boolean markup) {
        Optional<Decoded> marked = byMark(bytes);
        if (marked.isPresent()) {
            return marked.get();
        }
        Optional<Decoded> utf8 = strictly(bytes, StandardCharsets.UTF_8, false);
        if (utf8.isPresent() && !looksLikeUtf16(bytes)) {
            return isEscaped(bytes) ? byLook(bytes).orElse(utf8.get()) : utf8.get();
        }
        for (String name : new String[] {told, markup ? named(bytes) : ""}) {
            Optional<Decoded> said = charset(name).flatMap(charset -> strictly(bytes, charset, false));
            if (said.isPresent()) {
                return said.get();
            }
        }
        return byLook(bytes).orElseGet(() -> lastResort(bytes, told, markup));
    }

    private static Optional<Decoded> byMark(byte[] bytes) {
        if (bytes.length >= 3 && bytes[0] == (byte) 0xef && bytes[1] == (byte) 0xbb && bytes[2] == (byte) 0xbf) {
            return Optional.of(
                    new Decoded(new String(bytes, 3, bytes.length - 3, StandardCharsets.UTF_8), "UTF-8", false));
        }
        if (bytes.length >= 2 && bytes[0] == (byte) 0xff && bytes[1] == (byte) 0xfe) {
            return Optional.of(new Decoded(new String(bytes, 2, bytes.length - 2, UTF_16LE), "UTF-16LE", false));
        }
        if (bytes.length >= 2 && bytes[0] == (byte) 0xfe && bytes[1] == (byte) 0xff) {
            return Optional.of(new Decoded(new String(bytes, 2, bytes.length - 2, UTF_16BE), "UTF-16BE", false));
        }
        return Optional.empty();
    }

    private static Optional<Decoded> byLook(byte[] bytes) {
        if (looksLikeUtf16(bytes)) {
            boolean little = zeros(bytes, 1) > zeros(bytes, 0);
            Charset charset = little ? UTF_16LE : UTF_16BE;
            return Optional.of(new Decoded(new String(bytes, charset), charset.name(), true));
        }
        UniversalDetector detector = new UniversalDetector();
        detector.handleData(bytes, 0, Math.min(bytes.length, DETECTED_BY));
        detector.dataEnd();
        return charset(detector.getDetectedCharset()).flatMap(charset -> strictly(bytes, charset, true));
    }

    /// What is wrong in the bytes becomes U+FFFD; the text around it stays.
    private static Decoded lastResort(byte[] bytes, String told, boolean markup) {
        Charset charset =
                charset(told)
                        .or(() -> charset(markup ? named(bytes) : ""))
                        .orElse(mostlyUtf8(bytes) ? StandardCharsets.UTF_8 : Charset.forName("windows-1252"));
        return new Decoded(new String(bytes, charset), charset.name(), true);
    }

    private static boolean mostlyUtf8(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        long broken = text.chars().filter(c -> c == '�').count();
        long foreign = text.chars().filter(c -> c > 0x7f).count();
        return broken * 4 < foreign;
    }

    private static Optional<Decoded> strictly(byte[] bytes, Charset charset, boolean detected) {
        try {
            String text =
                    charset.newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)
                            .decode(ByteBuffer.wrap(bytes))
                            .toString();
            return Optional.of(new Decoded(text, charset.name(), detected));
        } catch (CharacterCodingException broken) {
            return Optional.empty();
        }
    }

    /// Seven-bit bytes that switch character sets, as ISO-2022-JP does.
    private static boolean isEscaped(byte[] bytes) {
        for (int i = 0; i + 1 < Math.min(bytes.length, DETECTED_BY); i++) {
            if (bytes[i] == 0x1b && (bytes[i + 1] == '$' || bytes[i + 1] == '(')) {
                return true;
            }
        }
        return false;
    }

    private static boolean looksLikeUtf16(byte[] bytes) {
        int looked = Math.min(bytes.length, LOOKED_AT) / 2;
        int even = zeros(bytes, 0);
        int odd = zeros(bytes, 1);
        int more = Math.max(even, odd);
        int less = Math.min(even, odd);
        // letters of Western languages, or at least the spaces of others
        boolean looks =
                looked >= 2 && (more > 0.4 * looked && less < 0.1 * looked || more > 0.05 * looked && less == 0);
        return looks && isText(new String(bytes, 0, 2 * looked, odd > even ? UTF_16LE : UTF_16BE));
    }

    /// Whether it has no control characters but those that text has: other bytes with many zeros do.
    private static boolean isText(String text) {
        return text.codePoints().noneMatch(c -> c < ' ' && "\t\n\r\f\0".indexOf(c) < 0 || !Character.isDefined(c));
    }

    private static int zeros(byte[] bytes, int from) {
        int zeros = 0;
        for (int i = from; i < Math.min(bytes.length, LOOKED_AT); i += 2) {
            zeros += bytes[i] == 0 ? 1 : 0;
        }
        return zeros;
    }

    private static String named(byte[] bytes) {
        String head = new String(bytes, 0, Math.min(bytes.length, LOOKED_AT), StandardCharsets.ISO_8859_1);
        Matcher meta = META.matcher(head);
        return meta.find() ? meta.group(1) : "";
    }

    /// By the names that browsers know: Latin-1 is read as Windows' superset of it, and the like.
    private static Optional<Charset> charset(String name) {
        if (name == null || name.isBlank()) {
            return Optional.empty();
        }
        String known = name.trim().toLowerCase(Locale.ROOT);
        String read =
                switch (known) {
                    case "iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii", "iso8859-1" -> "windows-1252";
                    case "gb2312", "gbk", "x-gbk", "gb_2312-80" -> "GB18030";
                    case "shift_jis", "sjis", "x-sjis", "shift-jis" -> "windows-31j";
                    case "ks_c_5601-1987", "euc-kr" -> "x-windows-949";
                    case "iso-8859-9" -> "windows-1254";
                    case "tis-620", "iso-8859-11" -> "x-windows-874";
                    default -> known;
                };
        try {
            return Optional.of(Charset.forName(read));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            return Optional.empty();
        }
    }
}
