package dev.pando.training.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The text that a job trains on: every file a document, in an order that is the same on every machine.
///
/// Hidden files, lists of JSON records, binary files, files that are not UTF-8 and empty files are left out, by name.
///
/// @param documents in order
/// @param skipped files that were found but hold no text
public record Corpus(List<Document> documents, List<Skipped> skipped) {
    /// More text in one file is a mistake more often than a document, and would not fit into memory.
    static final long LARGEST_DOCUMENT = 1 << 30;

    private static final int NAMED = 3;
    private static final String RECORDS = "JSON records, not text";

    public Corpus {
        documents = List.copyOf(documents);
        skipped = List.copyOf(skipped);
    }

    /// One file of text.
    ///
    /// @param key what it is called in digests: its place within the corpus, wherever the corpus lies
    /// @param path where it lies
    public record Document(String key, Path path, long bytes, String sha256) {}

    /// One file that holds no text.
    ///
    /// @param reason in a word or two, such as `binary`
    public record Skipped(Path path, String reason) {}

    /// Finds and reads all that the config names.
    ///
    /// @throws DataException where a path is missing, a file is not readable or no text is found
    public static Corpus read(DataConfig config, Progress progress) {
        CorpusFiles there = CorpusFiles.find(config);
        List<CorpusFiles.Found> files = there.found();
        long total = files.stream().mapToLong(CorpusFiles.Found::bytes).sum();
        List<Document> documents = new ArrayList<>();
        List<Skipped> skipped = new ArrayList<>(there.hidden());
        TextReader reader = new TextReader();
        long done = 0;
        for (CorpusFiles.Found file : files) {
            if (holdsRecords(file, config)) {
                skipped.add(new Skipped(file.path(), RECORDS));
                done += file.bytes();
                continue;
            }
            switch (reader.read(file.path())) {
                case TextReader.Text(long bytes, String sha256) -> {
                    if (bytes > LARGEST_DOCUMENT) {
                        throw new DataException(
                                file.path()
                                        + " holds "
                                        + bytes
                                        + " bytes of text, and a document at"
                                        + " most "
                                        + LARGEST_DOCUMENT
                                        + ": cut it into several files,"
                                        + " or name it in data.exclude");
                    }
                    documents.add(new Document(file.key(), file.path(), bytes, sha256));
                }
                case TextReader.NoText(String reason) -> skipped.add(new Skipped(file.path(), reason));
            }
            done += file.bytes();
            progress.advanced(Progress.Phase.READING, documents.size(), done, total);
        }
        if (documents.isEmpty()) {
            String why =
                    skipped.isEmpty() ? "it is empty, or data.files and data.exclude leave nothing" : summary(skipped);
            throw new DataException(
                    "there is no text in "
                            + String.join(", ", config.paths())
                            + ": "
                            + why
                            + "; name a folder with text files in data.paths");
        }
        return new Corpus(documents, skipped);
    }

    /// Whether a file is a list of JSON records, each a document with fields: as one text it would teach their syntax.
    private static boolean holdsRecords(CorpusFiles.Found file, DataConfig config) {
        String name = file.name().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".jsonl") && !name.endsWith(".ndjson")) {
            return false;
        }
        if (Files.isRegularFile(Path.of(config.paths().get(file.root())))) {
            throw new DataException(
                    "data.paths names "
                            + file.path()
                            + ", which holds JSON records and not text: write the text of each record to a file, and"
                            + " name their folder");
        }
        return true;
    }

    /// Bytes of all documents together.
    public long bytes() {
        return documents.stream().mapToLong(Document::bytes).sum();
    }

    /// SHA-256 of all documents and their order.
    public String digest() {
        Digest digest = new Digest("corpus 1");
        for (Document document : documents) {
            digest.add(document.key()).add(document.bytes()).add(document.sha256());
        }
        return digest.hex();
    }

    /// How many files were skipped, why, and the names of the first of them; empty if none were.
    public static String summary(List<Skipped> skipped) {
        if (skipped.isEmpty()) {
            return "";
        }
        String names =
                skipped.stream()
                        .limit(NAMED)
                        .map(file -> file.path() + " (" + file.reason() + ")")
                        .collect(Collectors.joining(", "));
        return skipped.size()
                + (skipped.size() == 1 ? " file" : " files")
                + " without text: "
                + names
                + (skipped.size() > NAMED ? " and " + (skipped.size() - NAMED) + " more" : "");
    }
}
