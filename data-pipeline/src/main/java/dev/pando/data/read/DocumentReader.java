package dev.pando.data.read;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Packed;
import dev.pando.data.document.PipelineException;
import dev.pando.data.document.Troubles;
import dev.pando.data.page.MainText;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.netpreserve.jwarc.HttpResponse;
import org.netpreserve.jwarc.WarcConversion;
import org.netpreserve.jwarc.WarcRecord;
import org.netpreserve.jwarc.WarcResponse;

/// Reads any file as documents: web archives, pages, JSON lines, Parquet, text. Broken input is counted, never thrown.
///
/// A document is a JSON object with `file` or `url`, `title`, `text`, and what else its source says. One reader belongs
/// to one thread.
public final class DocumentReader {
    private static final int HEAD = 1024;
    private static final List<String> MARKUP = List.of(".html", ".htm", ".xhtml", ".shtml");

    private final Budget budget;
    private final Troubles troubles;
    private final MainText mainText;
    private boolean torn; // whether the last bytes that were read end early

    public DocumentReader(Budget budget, Troubles troubles) {
        this.budget = budget;
        this.troubles = troubles;
        mainText = new MainText(budget.nodes());
    }

    /// Pages of a file that is a web archive, or else a page itself.
    ///
    /// @param name what the file is called in the documents
    public void pages(Path file, String name, Consumer<ObjectNode> out) {
        try {
            if (isArchive(head(file))) {
                archive(file, out);
            } else {
                Optional<byte[]> bytes = bytes(file);
                if (bytes.isPresent()) {
                    out.accept(page("file", name, bytes.get(), ""));
                }
            }
        } catch (IOException e) {
            broken(file, e);
        }
    }

    /// Documents of a file of any kind that is known.
    public void documents(Path file, String name, Consumer<ObjectNode> out) {
        try {
            byte[] head = head(file);
            String bare = Packed.bareName(name).toLowerCase(Locale.ROOT);
            if (isArchive(head) || MARKUP.stream().anyMatch(bare::endsWith) || looksLikePage(head)) {
                pages(file, name, out);
            } else if (bare.endsWith(".jsonl") || bare.endsWith(".ndjson") || bare.endsWith(".jsonlines")) {
                lines(file, name, out);
            } else if (startsWith(head, "PAR1")) {
                new ParquetRows(troubles).read(file, name, out);
            } else {
                text(file, name, out);
            }
        } catch (IOException e) {
            broken(file, e);
        }
    }

    private void lines(Path file, String name, Consumer<ObjectNode> out) throws IOException {
        try (JsonLines.Reader reader = new JsonLines.Reader(file, troubles)) {
            for (Optional<ObjectNode> next = reader.next(); next.isPresent(); next = reader.next()) {
                ObjectNode object = next.get();
                if (!object.path("text").isTextual()) {
                    troubles.add("object without text", name + ":" + reader.line());
                    continue;
                }
                if (!object.has("id") && !object.has("url")) {
                    object.put("file", name + ":" + reader.line());
                }
                out.accept(object);
            }
        }
    }

    private void text(Path file, String name, Consumer<ObjectNode> out) throws IOException {
        Optional<byte[]> read = bytes(file);
        if (read.isEmpty()) {
            return;
        }
        Encodings.Decoded decoded = Encodings.decode(read.get(), "", false);
        if (decoded.text().indexOf('\0') >= 0) {
            troubles.add("binary file", file.toString());
            return;
        }
        if (decoded.text().isBlank()) {
            troubles.add("empty file", file.toString());
            return;
        }
        ObjectNode document = JsonLines.object();
        document.put("file", name).put("title", "").put("text", JsonLines.sound(decoded.text()));
        encoded(document, decoded);
        out.accept(document);
    }

    private void encoded(ObjectNode document, Encodings.Decoded decoded) {
        if (!decoded.encoding().equals("UTF-8") || decoded.detected()) {
            document.put("encoding", decoded.encoding() + (decoded.detected() ? ", detected" : ""));
            troubles.remark("read as " + decoded.encoding() + (decoded.detected() ? ", detected" : ""));
        }
    }

    private ObjectNode page(String key, String name, byte[] bytes, String told) {
        Encodings.Decoded decoded = Encodings.decode(bytes, told, true);
        String html = decoded.text();
        if (html.indexOf('\0') >= 0) {
            troubles.remark("page with NUL bytes, left out of it");
            html = html.replace("\0", "");
        }
        MainText.Extracted extracted = mainText.of(html);
        if (extracted.cut()) {
            troubles.add("page over " + budget.nodes() + " nodes, cut", name);
        }
        ObjectNode page = JsonLines.object();
        page.put(key, JsonLines.sound(name))
                .put("title", JsonLines.sound(extracted.title()))
                .put("text", JsonLines.sound(extracted.text()));
        encoded(page, decoded);
        return page;
    }

    private void archive(Path file, Consumer<ObjectNode> out) throws IOException {
        try (WarcRecords records = new WarcRecords(file, troubles)) {
            for (Optional<WarcRecord> next = records.next(); next.isPresent(); next = records.next()) {
                torn = false;
                try {
                    record(next.get()).ifPresent(out);
                    if (torn) {
                        // its length may be a lie, and the next record lie within
                        records.goOnBehind(records.position());
                    }
                } catch (IOException | IllegalArgumentException | UnsupportedOperationException broken) {
                    records.failed(records.position(), broken);
                }
            }
        }
    }

    private Optional<ObjectNode> record(WarcRecord record) throws IOException {
        if (record instanceof WarcResponse response) {
            return response(response);
        }
        if (record instanceof WarcConversion conversion) {
            byte[] bytes = within(conversion.body().stream(), conversion.target());
            ObjectNode document = JsonLines.object();
            Encodings.Decoded decoded = Encodings.decode(bytes, "", false);
            document.put("url", conversion.target()).put("title", "").put("text", JsonLines.sound(decoded.text()));
            encoded(document, decoded);
            return Optional.of(dated(document, record));
        }
        return Optional.empty();
    }

    private Optional<ObjectNode> response(WarcResponse response) throws IOException {
        String url = response.target();
        HttpResponse http;
        try {
            if (response.contentType().base().equals(org.netpreserve.jwarc.MediaType.HTTP)) {
                http = response.http();
            } else {
                troubles.remark("WARC response that is not HTTP");
                return Optional.empty();
            }
        } catch (IllegalArgumentException odd) {
            throw new IOException(odd.getMessage(), odd);
        }
        if (http.status() < 200 || http.status() >= 300) {
            troubles.remark("WARC response with HTTP status " + http.status());
            return Optional.empty();
        }
        String type = http.headers().first("Content-Type").orElse("").toLowerCase(Locale.ROOT);
        if (!type.isEmpty() && !type.contains("html") && !type.contains("text/plain")) {
            troubles.remark("WARC response that is no page");
            return Optional.empty();
        }
        byte[] bytes;
        try {
            bytes = within(http.bodyDecoded().stream(), url);
        } catch (IllegalArgumentException | UnsupportedOperationException unknownCoding) {
            throw new IOException("an HTTP content encoding that is not known", unknownCoding);
        }
        if (type.isEmpty() && !looksLikePage(bytes)) {
            troubles.remark("WARC response that is no page");
            return Optional.empty();
        }
        if (type.contains("text/plain") && !looksLikePage(bytes)) {
            troubles.remark("WARC response that is no page");
            return Optional.empty();
        }
        int at = type.indexOf("charset=");
        String told = at < 0 ? "" : type.substring(at + 8).replaceAll("[\"';].*|\\s", "");
        return Optional.of(dated(page("url", url, bytes, told), response));
    }

    private ObjectNode dated(ObjectNode document, WarcRecord record) {
        try {
            document.put("date", record.date().toString());
        } catch (RuntimeException noDate) { // the library throws several kinds on an odd header
            troubles.remark("WARC record without a date");
        }
        return document;
    }

    private static byte[] head(Path file) throws IOException {
        try (InputStream in = Packed.open(file)) {
            byte[] head = new byte[HEAD];
            int length = 0;
            try {
                for (int read = 0; read >= 0 && length < HEAD; read = in.read(head, length, HEAD - length)) {
                    length += read;
                }
            } catch (IOException damaged) {
                // counted where the whole file is read
            }
            return Arrays.copyOf(head, length);
        }
    }

    private static boolean isArchive(byte[] head) {
        return startsWith(head, "WARC/");
    }

    private static boolean looksLikePage(byte[] bytes) {
        String head =
                new String(bytes, 0, Math.min(bytes.length, HEAD), StandardCharsets.ISO_8859_1)
                        .replace("\0", "")
                        .stripLeading()
                        .toLowerCase(Locale.ROOT);
        return head.startsWith("<!doctype html")
                || head.contains("<html")
                || head.contains("<head")
                || head.contains("<body");
    }

    private static boolean startsWith(byte[] bytes, String start) {
        byte[] wanted = start.getBytes(StandardCharsets.US_ASCII);
        return bytes.length >= wanted.length && Arrays.equals(bytes, 0, wanted.length, wanted, 0, wanted.length);
    }

    private Optional<byte[]> bytes(Path file) throws IOException {
        if (Files.size(file) == 0) {
            troubles.add("empty file", file.toString());
            return Optional.empty();
        }
        try (InputStream in = Packed.open(file)) {
            return Optional.of(within(in, file.toString()));
        }
    }

    /// As many bytes as the budget allows; what was read before an error counts.
    private byte[] within(InputStream in, String name) throws IOException {
        byte[] bytes = new byte[Math.min(budget.bytes() + 1, 1 << 16)];
        int length = 0;
        while (true) {
            if (length == bytes.length) {
                if (length > budget.bytes()) {
                    troubles.add("document over " + (budget.bytes() >> 20) + " MiB, cut", name);
                    return Arrays.copyOf(bytes, budget.bytes());
                }
                bytes = Arrays.copyOf(bytes, (int) Math.min(2L * length, budget.bytes() + 1L));
            }
            int read;
            try {
                read = in.read(bytes, length, bytes.length - length);
            } catch (IOException e) {
                if (length == 0) {
                    throw e;
                }
                torn = true;
                troubles.add("truncated file, read as far as it goes", name);
                read = -1;
            }
            if (read < 0) {
                return Arrays.copyOf(bytes, length);
            }
            length += read;
        }
    }

    private void broken(Path file, IOException e) {
        if (!Files.exists(file)) {
            throw new PipelineException(file + " does not exist: name an existing file", e);
        }
        troubles.add(
                e instanceof EOFException ? "truncated file" : "file that cannot be read",
                file + " (" + JsonLines.reason(e) + ")");
    }
}
