package dev.pando.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
    private static final List<String> EXCLUDE =
            List.of("**/.git/**", "**/target/**", "**/node_modules/**", "runs/**", "**/.*/**");

    @TempDir Path folder;

    @BeforeEach
    void aSourceTree() throws IOException {
        write("b/B.java", "class B {}\n");
        write("a/A.java", "class A {}\n");
        write("README.md", "# Grove\n");
    }

    @Test
    void shouldTakeFilesInAnOrderThatDoesNotDependOnTheDisk() {
        assertThat(names(read(""))).containsExactly("0/README.md", "0/a/A.java", "0/b/B.java");
        assertThat(names(read("b", "README.md", "a"))).containsExactly("0/B.java", "1/README.md", "2/A.java");
    }

    @Test
    void shouldTakeAFileOnceThatSeveralPathsName() {
        assertThat(names(read("a", "", "a/A.java"))).containsExactly("0/A.java", "1/README.md", "1/b/B.java");
    }

    @Test
    void shouldTakeWhatAGlobNames() throws IOException {
        write("a/deep/er/C.java", "class C {}\n");

        assertThat(names(read("a/**/*.java"))).containsExactly("0/A.java", "0/deep/er/C.java");
        assertThat(names(read("{a,b}/*.java"))).containsExactly("0/a/A.java", "0/b/B.java");
        assertThat(names(read("*.md"))).containsExactly("0/README.md");
    }

    @Test
    void shouldLeaveOutWhatIsExcludedAndWhatIsNotIncluded() throws IOException {
        write(".git/config", "[core]\n");
        write("a/target/classes/x.txt", "x\n");
        write("runs/1/steps.jsonl", "{}\n");
        write("docs/runs/guide.md", "runs\n");

        assertThat(names(read(""))).containsExactly("0/README.md", "0/a/A.java", "0/b/B.java", "0/docs/runs/guide.md");
        assertThat(names(Corpus.read(config(List.of(folder.toString()), List.of("*.md")), Progress.NONE)))
                .containsExactly("0/README.md", "0/docs/runs/guide.md");
    }

    @Test
    void shouldNeverTakeItsOwnPreparedData() throws IOException {
        write("prepared/0123/tokenizer.json", "{}\n");

        assertThat(names(read(""))).containsExactly("0/README.md", "0/a/A.java", "0/b/B.java");
    }

    @Test
    void shouldSkipFilesWithoutTextByName() throws IOException {
        Files.write(folder.resolve("picture.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1});
        Files.write(folder.resolve("latin1.txt"), "Straße".getBytes(StandardCharsets.ISO_8859_1));
        Files.write(folder.resolve("cut.txt"), new byte[] {'a', (byte) 0xe6, (byte) 0xa3});
        Files.write(folder.resolve("empty.txt"), new byte[0]);
        Files.write(folder.resolve("utf16.txt"), "text".getBytes(StandardCharsets.UTF_16));

        Corpus corpus = read("");

        assertThat(names(corpus)).containsExactly("0/README.md", "0/a/A.java", "0/b/B.java");
        assertThat(corpus.skipped().stream().map(file -> file.path().getFileName() + " " + file.reason()))
                .containsExactly(
                        "cut.txt not UTF-8",
                        "empty.txt empty",
                        "latin1.txt not UTF-8",
                        "picture.png binary",
                        "utf16.txt binary");
        assertThat(Corpus.summary(corpus.skipped()))
                .startsWith("5 files without text: ")
                .contains("cut.txt (not UTF-8)")
                .endsWith(" and 2 more");
    }

    @Test
    void shouldLeaveOutHiddenFilesUnlessAPatternAsksForTheirDot() throws IOException {
        write(".env", "TOKEN=secret\n");
        write("a/.notes.txt", "hidden\n");

        Corpus corpus = read("");

        assertThat(names(corpus)).containsExactly("0/README.md", "0/a/A.java", "0/b/B.java");
        assertThat(corpus.skipped().stream().map(file -> folder.relativize(file.path()) + " " + file.reason()))
                .containsExactly(".env hidden", "a/.notes.txt hidden");
        assertThat(names(Corpus.read(config(List.of(folder.toString()), List.of(".env")), Progress.NONE)))
                .containsExactly("0/.env");
    }

    @Test
    void shouldNotTakeListsOfJsonRecordsForText() throws IOException {
        write("records.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n");

        assertThat(names(read(""))).doesNotContain("0/records.jsonl");
        assertThatThrownBy(() -> read("records.jsonl"))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("which holds JSON records and not text");
    }

    @Test
    void shouldFindFilesWhoseNamesHoldLineBreaks() throws IOException {
        write("odd\nname.txt", "text\n");

        assertThat(names(read(""))).contains("0/odd\nname.txt");
    }

    @Test
    void shouldReadTextWhoseCharactersLieAcrossItsBuffer() throws IOException {
        String text = "a" + "森".repeat(100_000) + "👍".repeat(50_000);
        write("long.txt", text);

        Corpus corpus = read("long.txt");

        assertThat(corpus.bytes()).isEqualTo(text.getBytes(StandardCharsets.UTF_8).length);
    }

    @Property(tries = 300)
    void shouldCallTextWhatDecodesStrictly(@ForAll @Size(max = 12) byte[] bytes) throws IOException {
        Path file = Files.createTempFile("pando-text", ".bin");
        Files.write(file, bytes);

        boolean isText = new TextReader().read(file) instanceof TextReader.Text;

        Files.delete(file);
        byte[] decodedAndBack = new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
        boolean roundTrips = Arrays.equals(decodedAndBack, bytes);
        boolean hasZero = new String(bytes, StandardCharsets.ISO_8859_1).indexOf('\0') >= 0;
        assertThat(isText).isEqualTo(bytes.length > 0 && roundTrips && !hasZero);
    }

    @Test
    void shouldHaveADigestOfContentAndOrderButNotOfPlace() throws IOException {
        Corpus here = read("");
        Path elsewhere = Files.createDirectories(folder.resolve("target/elsewhere"));
        for (String name : List.of("b/B.java", "a/A.java", "README.md")) {
            Files.createDirectories(elsewhere.resolve(name).getParent());
            Files.copy(folder.resolve(name), elsewhere.resolve(name));
        }

        Corpus there = read("target/elsewhere");
        Files.writeString(folder.resolve("a/A.java"), "class a {}\n");
        Corpus changed = read("");

        assertThat(there.digest()).isEqualTo(here.digest());
        assertThat(changed.digest()).isNotEqualTo(here.digest());
        assertThat(read("b", "a").digest()).isNotEqualTo(read("a", "b").digest());
    }

    @Test
    void shouldFollowLinksButNotInCircles() throws IOException {
        Files.createSymbolicLink(folder.resolve("a/around"), folder);
        Files.createSymbolicLink(folder.resolve("a/broken"), folder.resolve("nowhere"));
        Files.createSymbolicLink(folder.resolve("link"), Files.createDirectories(folder.resolve("target/x")));
        write("target/x/X.java", "class X {}\n");

        assertThat(names(read(""))).contains("0/link/X.java", "0/a/A.java").hasSize(4);
    }

    @Test
    void shouldSayWhatIsMissing() throws IOException {
        Files.createDirectory(folder.resolve("nothing"));
        write("only/x.bin", "\0\1");

        assertThatThrownBy(() -> read("no-such-folder"))
                .isInstanceOf(DataException.class)
                .hasMessage(
                        "data.paths names \""
                                + folder.resolve("no-such-folder")
                                + "\", which does not exist (looked for "
                                + folder.resolve("no-such-folder")
                                + "): name an existing file, directory or glob");
        assertThatThrownBy(() -> read("*.rs")).hasMessageContaining("matches no file that is not excluded");
        assertThatThrownBy(() -> read("nowhere/*.rs"))
                .hasMessageContaining("matches nothing: there is no directory " + folder.resolve("nowhere"));
        assertThatThrownBy(() -> read("nothing"))
                .hasMessage(
                        "there is no text in "
                                + folder.resolve("nothing")
                                + ": it is empty, or data.files and data.exclude leave nothing;"
                                + " name a folder with text files in data.paths");
        assertThatThrownBy(() -> read("only"))
                .hasMessageContaining("1 file without text: " + folder.resolve("only/x.bin") + " (binary)");
    }

    @Test
    void shouldSayThatAFileCannotBeRead() {
        Path unreadable = Path.of("/proc/self/mem");
        assumeThat(unreadable).isRegularFile();

        assertThatThrownBy(() -> Corpus.read(config(List.of(unreadable.toString()), List.of("**")), Progress.NONE))
                .isInstanceOf(DataException.class)
                .hasMessage(
                        "cannot read /proc/self/mem: Input/output error;"
                                + " make it readable, or name it in data.exclude");
    }

    @Test
    void shouldRefuseAConfigThatCannotBeMeant() {
        assertThatThrownBy(() -> config(List.of(), List.of("**")))
                .hasMessageStartingWith("paths must name at least one");
        assertThatThrownBy(() -> config(List.of(" "), List.of("**")))
                .hasMessageStartingWith("paths must not hold an empty name");
        assertThatThrownBy(() -> config(List.of("."), List.of()))
                .hasMessageStartingWith("files must hold at least one glob");
        assertThatThrownBy(() -> config(List.of("."), List.of("[a")))
                .hasMessage("files holds the glob \"[a\", which has a [ or { that is not closed, or closed twice");
        assertThatThrownBy(() -> new DataConfig(List.of("."), List.of("**"), List.of(), folder, Optional.empty(), 200))
                .hasMessage(
                        "tokenizer.vocabulary must be between 265 (256 bytes and 9 special tokens) and 1048576,"
                                + " not 200");
    }

    private Corpus read(String... names) {
        List<String> paths = Arrays.stream(names).map(name -> folder + (name.isEmpty() ? "" : "/" + name)).toList();
        return Corpus.read(config(paths, List.of("**")), Progress.NONE);
    }

    private DataConfig config(List<String> paths, List<String> include) {
        return new DataConfig(paths, include, EXCLUDE, folder.resolve("prepared"), Optional.empty(), 300);
    }

    private static List<String> names(Corpus corpus) {
        return corpus.documents().stream().map(Corpus.Document::key).toList();
    }

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
