package dev.pando.data.prepare;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.pando.data.document.Troubles;
import dev.pando.data.recipe.Recipe;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/// Oracle: files that the test broke, each in one way that it knows, between files that are whole.
final class BrokenInputTest {
    private static final String TEXT =
            "The ferry leaves at six, and it does not wait for the doctor, who is late each day. ";

    @TempDir private Path folder;

    /// By file: what must be said of it.
    private final Map<String, String> expected = new TreeMap<>();

    @Test
    void shouldCountAndNameThirtyKindsOfBrokenInputAndLoseNothingElse() throws Exception {
        List<String> whole = new ArrayList<>();
        for (String name : List.of("a", "m", "z")) {
            Files.writeString(folder.resolve(name + ".txt"), TEXT + name);
            whole.add(folder + "/" + name + ".txt");
        }
        packed();
        texts();
        records();
        archives();
        links();
        Path sources = Files.createDirectories(folder.resolve("sources"));
        repositories(sources);

        Prepared corpus = new Preparation(recipe(sources), 2, Preparation.Progress.NONE).run();

        Troubles troubles = corpus.troubles();
        String said = corpus.json().path("steps").path(0).path("troubles").toString();
        assertThat(expected).hasSizeGreaterThanOrEqualTo(30);
        expected.forEach((file, kind) -> {
            assertThat(troubles.counts()).as(file).containsKey(kind);
            assertThat(said).as("%s is named", file).contains(file);
        });
        assertThat(whole).allSatisfy(id -> assertThat(corpus.why(id).getFirst().path("at").asText()).isEqualTo("kept"));
        assertThat(corpus.why("tail").getFirst().path("text").asText()).startsWith("The ferry");
        assertThat(corpus.why("http://after.example/")).hasSize(1);
        assertThat(corpus.why("good/src/ok.py")).hasSize(1);
        System.out.println(new TreeSet<>(expected.values()).size() + " kinds: " + new TreeSet<>(expected.values()));
    }

    @Test
    void shouldSayThatAFileChangedWhileItWasReadAndReadItAgainNextTime() throws IOException {
        Path file = Files.writeString(folder.resolve("grows.txt"), TEXT);
        Recipe recipe = recipe(folder.resolve("none"));
        Troubles troubles = new Troubles();
        Reading reading = new Reading(recipe, troubles);
        var tasks = reading.tasks(1);
        Files.writeString(file, TEXT + TEXT);
        Path store = Files.createDirectories(folder.resolve("out/store/0-read"));

        TaskFiles.Done changed = reading.run(tasks.getFirst(), store);
        TaskFiles.Done again = reading.run(reading.tasks(1).getFirst(), store);

        assertThat(changed.troubles().counts()).containsEntry("file that changed while it was read; run again", 1L);
        assertThat(again.troubles().counts()).isEmpty();
        assertThat(again.kept().getFirst().documents()).isEqualTo(1);
    }

    private void packed() throws IOException {
        byte[] page = ("<p>" + TEXT.repeat(300) + "</p>").getBytes(UTF_8);
        byte[] gzip = gzip(page);
        byte[] wrong = gzip.clone();
        Arrays.fill(wrong, wrong.length / 2, wrong.length / 2 + 9, (byte) 0x55);
        byte[] checksum = gzip.clone();
        checksum[checksum.length - 6] ^= 1;
        write("half.html.gz", "truncated file, read as far as it goes", Arrays.copyOf(gzip, gzip.length - 20));
        write("head.html.gz", "truncated file", Arrays.copyOf(gzip, 6));
        write("wrong.html.gz", "truncated file, read as far as it goes", wrong);
        write("checksum.html.gz", "truncated file, read as far as it goes", checksum);
        byte[] zstd = Zstd.compress(page);
        write("half.txt.zst", "file that cannot be read", Arrays.copyOf(zstd, 30));
        write("noise.txt.zst", "file that cannot be read", new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 9, 9, 9});
        ByteArrayOutputStream xz = new ByteArrayOutputStream();
        try (XZOutputStream out = new XZOutputStream(xz, new LZMA2Options(1))) {
            out.write(page);
        }
        write("half.txt.xz", "truncated file", Arrays.copyOf(xz.toByteArray(), 20));
        write(
                "noise.txt.xz",
                "file that cannot be read",
                new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0, 1, 2, 3, 4, 5, 6});
        write("bomb.txt.gz", "document over 1 MiB, cut", gzip("words ".repeat(4 << 20).getBytes(UTF_8)));
        write("zeros.txt.gz", "binary file", gzip(new byte[16 << 20]));
    }

    private void texts() throws IOException {
        write("empty.txt", "empty file", new byte[0]);
        write("blank.txt", "empty file", " \n\t \n".getBytes(UTF_8));
        write("noise.dat", "binary file", new byte[] {1, 0, 2, 0, 0, 3, 0, 0, 0, 5, 9, 0, 7});
        write("nodes.html", "page over 2000 nodes, cut", ("<p>" + TEXT + "<b>x</b>").repeat(3000).getBytes(UTF_8));
        write("bare.html", "document without text", "<html><body></body></html>".getBytes(UTF_8));
        write("utf32.bin", "binary file", TEXT.getBytes(Charset.forName("UTF-32BE")));
    }

    private void records() throws IOException {
        write("broken.jsonl", "broken JSON", "{\"text\":\n".getBytes(UTF_8));
        write("array.jsonl", "no JSON object", "[1, 2]\n".getBytes(UTF_8));
        write("nothing.jsonl", "object without text", "{\"id\":1}\n".getBytes(UTF_8));
        write("number.jsonl", "object without text", "{\"text\":12}\n".getBytes(UTF_8));
        write("null.jsonl", "object without text", "{\"text\":null}\n".getBytes(UTF_8));
        write(
                "surrogate.jsonl",
                "half of a surrogate pair, replaced",
                ("{\"text\":\"" + TEXT + "\\ud800\"}\n").getBytes(UTF_8));
        write("deep.jsonl", "broken JSON", ("{\"text\":" + "[".repeat(5000) + "\n").getBytes(UTF_8));
        write("latin.jsonl", "broken JSON", "{\"text\":\"Fähre\"}\n".getBytes(StandardCharsets.ISO_8859_1));
        write("torn.jsonl.gz", "truncated file", torn());
        write("blanktext.jsonl", "document without text", "{\"id\":\"blank\",\"text\":\"  \"}\n".getBytes(UTF_8));
        expected.put("long.jsonl.gz", "line over 64 MiB");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("long.jsonl.gz")), 1 << 16)) {
            byte[] chunk = "a".repeat(1 << 20).getBytes(UTF_8);
            out.write("{\"id\":\"long\",\"text\":\"".getBytes(UTF_8));
            for (int i = 0; i < 1024; i++) { // one line of 1 GiB
                out.write(chunk);
            }
            out.write(("\"}\n{\"id\":\"tail\",\"text\":\"" + TEXT + "\"}\n").getBytes(UTF_8));
        }
        write("rows.parquet", "Parquet that cannot be read", "PAR1 and nothing else".getBytes(UTF_8));
        write("foot.parquet", "Parquet that cannot be read", "PAR1xxxxxxxxxxxx\0\0\0\7PAR1".getBytes(UTF_8));
    }

    private byte[] torn() throws IOException {
        StringBuilder lines = new StringBuilder();
        Village village = new Village(4);
        for (int i = 0; i < 2000; i++) {
            lines.append("{\"text\":\"").append(village.sentence()).append("\"}\n");
        }
        byte[] packed = gzip(lines.toString().getBytes(UTF_8));
        return Arrays.copyOf(packed, packed.length / 2);
    }

    private void archives() throws IOException {
        Files.write(
                folder.resolve("liar.warc"),
                join(record("http://liar.example/", 100_000, ""), record("http://after.example/", 0, "")));
        expected.put("http://liar.example/", "truncated file, read as far as it goes");
        byte[] damaged = gzip(record("http://b.example/", 0, ""));
        Arrays.fill(damaged, 40, 60, (byte) 0);
        write("damaged.warc.gz", "damaged WARC record", join(gzip(record("http://a.example/", 0, "")), damaged));
        byte[] cut = gzip(record("http://d.example/", 0, ""));
        write(
                "cut.warc.gz",
                "damaged WARC record",
                join(gzip(record("http://c.example/", 0, "")), Arrays.copyOf(cut, cut.length / 3)));
        write("coding.warc", "damaged WARC record", record("http://coding.example/", 0, "Content-Encoding: zebra\r\n"));
        write("header.warc", "damaged WARC record", "WARC/1.0\r\nthis is no header\r\n\r\n".getBytes(UTF_8));
    }

    private void links() throws IOException, InterruptedException {
        Files.createSymbolicLink(folder.resolve("circle"), folder);
        expected.put("circle", "link in a circle");
        Files.createSymbolicLink(folder.resolve("dangling.txt"), folder.resolve("is-not-there"));
        expected.put("dangling.txt", "link to nothing");
        Path pipe = folder.resolve("pipe.txt");
        if (new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0) {
            expected.put("pipe.txt", "no regular file, such as a pipe");
        }
    }

    private void repositories(Path sources) throws IOException {
        zip(sources.resolve("good.zip"), Map.of("src/ok.py", "import os\n".getBytes(UTF_8)));
        byte[] whole = Files.readAllBytes(sources.resolve("good.zip"));
        Files.write(sources.resolve("torn.zip"), Arrays.copyOf(whole, whole.length - 30));
        expected.put("torn.zip", "damaged archive");
        zip(sources.resolve("evil.zip"), Map.of("../../evil.py", "x = 1\n".getBytes(UTF_8)));
        expected.put("evil.zip!../../evil.py", "archive entry that leads out of the archive");
        zip(sources.resolve("bomb.zip"), Map.of("bomb.py", new byte[32 << 20]));
        expected.put("bomb.zip!bomb.py", "file over 4 MiB");
        zip(sources.resolve("image.zip"), Map.of("image.png", new byte[] {1, 0, 0, 0, 2, 0, 0, 0, 4}));
        expected.put("image.zip!image.png", "binary file");
        Files.writeString(
                sources.resolve("noise.tar"), "this is no archive, but it is long enough for a header ".repeat(40));
        expected.put("noise.tar", "damaged archive");
    }

    private Recipe recipe(Path sources) throws IOException {
        Path file = folder.resolveSibling(folder.getFileName() + ".conf");
        String repositories =
                Files.isDirectory(sources)
                        ? "{name = code, kind = repositories, paths = [\"%s/*\"]}".formatted(sources)
                        : "";
        Files.writeString(
                file,
                """
                pando.data.corpus {
                  out = "%s/out"
                  budget { nodes = 2000, bytes = 1048576 }
                  sources = [{name = files, paths = ["%s"], exclude = ["sources/**", "out/**"]}, %s]
                  output.tokens = false
                }
                """
                        .formatted(folder, folder, repositories));
        return Recipe.load(file);
    }

    private void write(String name, String kind, byte[] bytes) throws IOException {
        Files.write(folder.resolve(name), bytes);
        expected.put(name, kind);
    }

    private static byte[] record(String url, int lie, String header) {
        String page = "<html><body><p>" + TEXT.repeat(4) + url + "</p></body></html>";
        String http = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n" + header + "\r\n" + page;
        String record =
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: "
                        + url
                        + "\r\nWARC-Date: 2024-01-02T03:04:05Z\r\n"
                        + "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
                        + "Content-Type: application/http; msgtype=response\r\nContent-Length: "
                        + (http.length() + lie)
                        + "\r\n\r\n"
                        + http
                        + "\r\n\r\n";
        return record.getBytes(UTF_8);
    }

    private static byte[] join(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static void zip(Path file, Map<String, byte[]> entries) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (var entry : entries.entrySet()) {
                out.putNextEntry(new ZipEntry(entry.getKey()));
                out.write(entry.getValue());
                out.closeEntry();
            }
        }
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
