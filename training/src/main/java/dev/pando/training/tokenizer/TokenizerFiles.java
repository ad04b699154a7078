package dev.pando.training.tokenizer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The files of a tokenizer as they came, so that they can be written again byte for byte.
///
/// @param source the file that decides what becomes a token
record TokenizerFiles(Path source) {
    private static final String SENTENCE_PIECE = "tokenizer.model";

    /// What may lie beside each other and belong to one tokenizer.
    private static final List<String> NAMES =
            List.of(
                    TokenizerReader.FILE,
                    SENTENCE_PIECE,
                    TokenizerReader.CONFIG_FILE,
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "chat_template.jinja");

    /// @param path a file, or the folder that holds one
    static TokenizerFiles at(Path path) {
        if (!Files.isDirectory(path)) {
            return new TokenizerFiles(path);
        }
        Path json = path.resolve(TokenizerReader.FILE);
        Path sentencePiece = path.resolve(SENTENCE_PIECE);
        return new TokenizerFiles(Files.exists(json) || !Files.exists(sentencePiece) ? json : sentencePiece);
    }

    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(TokenizerReader.FILE)) || Files.exists(folder.resolve(SENTENCE_PIECE));
    }

    static List<Path> in(Path folder) {
        return NAMES.stream().map(folder::resolve).filter(Files::isRegularFile).sorted().toList();
    }

    BpeModel read() {
        return isSentencePiece() ? SentencePieceReader.read(source) : TokenizerReader.read(source);
    }

    private boolean isSentencePiece() {
        return source.getFileName() != null && source.getFileName().toString().endsWith(".model");
    }

    /// All files of the tokenizer by the names under which they are found again.
    SortedMap<String, byte[]> contents() {
        SortedMap<String, byte[]> contents = new TreeMap<>();
        try {
            Path folder = source.toAbsolutePath().getParent();
            for (Path file : in(folder)) {
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
            if (isSentencePiece()) {
                contents.remove(TokenizerReader.FILE); // another tokenizer, which would be read before this one
            }
            contents.put(isSentencePiece() ? SENTENCE_PIECE : TokenizerReader.FILE, Files.readAllBytes(source));
            return contents;
        } catch (IOException e) {
            throw new TokenizerException("cannot read the tokenizer " + source + ": " + TokenizerReader.reason(e), e);
        }
    }

    static void write(SortedMap<String, byte[]> contents, Path folder) {
        try {
            Files.createDirectories(folder);
            for (var file : contents.entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue());
            }
        } catch (IOException e) {
            throw new TokenizerException(
                    "cannot write the tokenizer into " + folder + ": " + TokenizerReader.reason(e), e);
        }
    }
}
