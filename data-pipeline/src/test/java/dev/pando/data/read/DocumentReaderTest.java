package dev.pando.data.read;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.Zstd;
import dev.pando.data.document.JsonLines;
import dev.pando.data.document.Troubles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Oracle: files that the test wrote, whole or broken in one way that it knows.
final class DocumentReaderTest {
    private static final String TEXT =
            "The ferry leaves at six in the morning, and it does not wait for people who are late, not even the"
                    + " doctor.";

    @TempDir private Path folder;

    private final Troubles troubles = new Troubles();

    @Test
    void shouldReadAPagePackedInAnyWay() throws IOException {
        byte[] html = ("<title>Ferry</title><p>" + TEXT + "</p>").getBytes(StandardCharsets.UTF_8);

        List<ObjectNode> plain = pages(write("a.html", html));
        List<ObjectNode> gzip = pages(write("a.html.gz", gzip(html)));
        List<ObjectNode> zstd = pages(write("a.html.zst", Zstd.compress(html)));

        assertThat(plain.getFirst().path("text").asText()).isEqualTo(TEXT);
        assertThat(plain.getFirst().path("title").asText()).isEqualTo("Ferry");
        assertThat(gzip.getFirst().path("text")).isEqualTo(plain.getFirst().path("text"));
        assertThat(zstd.getFirst().path("text")).isEqualTo(plain.getFirst().path("text"));
    }

    @Test
    void shouldReadEveryRecordOfAnArchiveAfterADamagedOne() throws IOException {
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        archive.write(gzip(record("http://a.example/", 0)));
        byte[] damaged = gzip(record("http://b.example/", 0));
        Arrays.fill(damaged, 40, 60, (byte) 0);
        archive.write(damaged);
        archive.write(gzip(record("http://c.example/", 0)));
        byte[] last = gzip(record("http://d.example/", 0));
        archive.write(last, 0, last.length / 3);

        List<ObjectNode> pages = pages(write("x.warc.gz", archive.toByteArray()));

        assertThat(pages)
                .as("%s", troubles.lines())
                .extracting(page -> page.path("url").asText())
                .contains("http://a.example/", "http://c.example/");
        assertThat(troubles.counts()).containsKey("damaged WARC record");
    }

    @Test
    void shouldFindWhatFollowsARecordThatLiesAboutItsLength() throws IOException {
        for (int lie : new int[] {-40, -3, 7, 100_000}) {
            ByteArrayOutputStream archive = new ByteArrayOutputStream();
            archive.write(record("http://a.example/", 0));
            archive.write(record("http://liar.example/", lie));
            archive.write(record("http://c.example/", 0));

            List<ObjectNode> pages = pages(write("x" + lie + ".warc", archive.toByteArray()));

            assertThat(pages)
                    .as("a length wrong by %d", lie)
                    .extracting(page -> page.path("url").asText())
                    .contains("http://a.example/", "http://c.example/");
            assertThat(troubles.count()).isPositive();
        }
    }

    @Test
    void shouldSayWhichEncodingItDetected() throws IOException {
        String russian =
                "<p>Паром уходит в шесть часов утра и никого не ждёт, даже врача, который опаздывает каждый день.</p>";
        String japanese = "<p>船は朝六時に出発します。遅れた人を待つことはありません。お医者さんでも待ちません。</p>";

        assertThat(pages(write("a", russian.getBytes(Charset.forName("KOI8-R")))).getFirst().path("text").asText())
                .contains("Паром");
        assertThat(pages(write("b", japanese.getBytes(Charset.forName("EUC-JP")))).getFirst().path("text").asText())
                .contains("六時");
        assertThat(pages(write("c", russian.getBytes(StandardCharsets.UTF_16LE))).getFirst().path("text").asText())
                .contains("Паром");
        ObjectNode latin =
                pages(
                                write(
                                        "d",
                                        "<meta charset=iso-8859-1><p>Die Fähre fährt früh, um sechs.</p>"
                                                .getBytes(StandardCharsets.ISO_8859_1)))
                        .getFirst();
        assertThat(latin.path("text").asText()).contains("Fähre fährt früh");
        assertThat(latin.path("encoding").asText()).isEqualTo("windows-1252");
        assertThat(troubles.remarks()).containsKeys("read as KOI8-R, detected", "read as EUC-JP, detected");
    }

    @Test
    void shouldCutWhatUnpacksToMoreThanItsBudget() throws IOException {
        Path bomb = write("bomb.html.gz", gzip(new byte[8 << 20]));

        new DocumentReader(new Budget(1000, 1 << 16), troubles).pages(bomb, "bomb", _ -> {});

        assertThat(troubles.counts()).containsKey("document over 0 MiB, cut");
    }

    @Test
    void shouldCountAndNameWhateverIsBroken() throws IOException {
        byte[] page = ("<p>" + TEXT + "</p>").repeat(500).getBytes(StandardCharsets.UTF_8);
        byte[] packed = gzip(page);
        List<Path> broken =
                List.of(
                        write("empty.html", new byte[0]),
                        write("half.html.gz", Arrays.copyOf(packed, packed.length / 2)),
                        write("head.html.gz", Arrays.copyOf(packed, 5)),
                        write("noise.txt", new byte[] {1, 0, 2, 0, 0, 3, 0, 0, 0, 5, 9, 0, 7}),
                        write(
                                "lines.jsonl",
                                "{\"text\":\"a\"}\n{\"text\":\n[1]\n{\"id\":1}\n{\"text\":\"\\ud800\"}\n"
                                        .getBytes(StandardCharsets.UTF_8)),
                        write("rows.parquet", "PAR1 and nothing else".getBytes(StandardCharsets.UTF_8)),
                        write("torn.xz", new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 1, 2}),
                        write("torn.zst", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 9, 9, 9}));

        List<ObjectNode> read = new ArrayList<>();
        DocumentReader reader = new DocumentReader(Budget.STANDARD, troubles);
        broken.forEach(file -> reader.documents(file, file.getFileName().toString(), read::add));

        assertThat(String.join("\n", troubles.lines()))
                .contains(
                        "empty.html",
                        "half.html.gz",
                        "head.html.gz",
                        "noise.txt",
                        "rows.parquet",
                        "torn.xz",
                        "torn.zst")
                .contains("broken JSON: 1: " + folder.resolve("lines.jsonl") + ":2")
                .contains("no JSON object: 1")
                .contains("object without text: 1")
                .contains("half of a surrogate pair");
        assertThat(read).extracting(document -> document.path("text").asText()).contains("a", "�");
    }

    private List<ObjectNode> pages(Path file) {
        List<ObjectNode> pages = new ArrayList<>();
        new DocumentReader(Budget.STANDARD, troubles).pages(file, file.getFileName().toString(), pages::add);
        pages.forEach(page -> assertThat(JsonLines.line(page)).isNotEmpty());
        return pages;
    }

    private Path write(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static byte[] record(String url, int lie) {
        String page = "<html><body><p>" + TEXT + " " + url + "</p></body></html>";
        String http = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page;
        String record =
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: "
                        + url
                        + "\r\n"
                        + "WARC-Date: 2024-01-02T03:04:05Z\r\n"
                        + "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
                        + "Content-Type: application/http; msgtype=response\r\n"
                        + "Content-Length: "
                        + (http.length() + lie)
                        + "\r\n\r\n"
                        + http
                        + "\r\n\r\n";
        return record.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
