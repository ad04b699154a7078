package dev.pando.training.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Turns text into tokens and back, to the byte: byte-pair encoding of bytes, or of characters as SentencePiece does
/// it.
///
/// Trained on a corpus by a [BpeTrainer], or read from a Hugging Face `tokenizer.json` or a `tokenizer.model`.
/// Immutable and thread-safe.
public final class Tokenizer {
    private final BpeModel model;
    private final PairTable ranks;
    private final int[] byteIds;
    private final ByteStrings wholes = new ByteStrings();
    private final int[] wholeIds;
    private final int[] priorities;
    private final Map<String, BpeModel.Added> added = new HashMap<>();
    private final AddedTokens addedTokens;
    private final boolean[] special;
    private final String digest;
    private final SortedMap<String, byte[]> files;

    Tokenizer(BpeModel model) {
        this(model, new TreeMap<>());
    }

    /// @param files that it was read from, by name: they are written again as they came
    private Tokenizer(BpeModel model, SortedMap<String, byte[]> files) {
        this.model = model;
        this.files = files;
        ranks = new PairTable(model.merges().length);
        for (int rank = 0; rank < model.merges().length; rank++) {
            ranks.put(model.merges()[rank], rank);
        }
        special = new boolean[model.tokens().length];
        boolean[] isAdded = new boolean[model.tokens().length];
        for (BpeModel.Added token : model.added()) {
            added.put(token.content(), token);
            special[token.id()] = token.special();
            isAdded[token.id()] = true;
        }
        addedTokens = new AddedTokens(model.added());
        priorities =
                model.sentencePiece()
                        .map(BpeModel.SentencePiece::priorities)
                        .orElseGet(() -> IntStream.range(0, model.merges().length).toArray());
        wholeIds = new int[model.tokens().length];
        for (int id = 0; id < model.tokens().length; id++) {
            byte[] token = model.tokens()[id];
            if (token != null && !isAdded[id] && !isByte(id)) {
                wholeIds[wholes.intern(token, 0, token.length)] = id;
            }
        }
        byteIds = model.sentencePiece().map(BpeModel.SentencePiece::byteIds).orElseGet(this::tokensOfBytes);
        digest = model.digest();
    }

    /// Whether a token is a byte of a SentencePiece model, and no character.
    private boolean isByte(int id) {
        return model.sentencePiece().isPresent()
                && Arrays.stream(model.sentencePiece().get().byteIds()).anyMatch(b -> b == id);
    }

    private int[] tokensOfBytes() {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++) {
            int whole = wholes.find(new byte[] {(byte) b}, 0, 1);
            if (whole == ByteStrings.ABSENT) {
                throw new TokenizerException("no token for the byte " + b + ", so not every text can be encoded");
            }
            ids[b] = wholeIds[whole];
        }
        return ids;
    }

    /// Reads a Hugging Face `tokenizer.json` or a SentencePiece `tokenizer.model`, or the folder that holds one.
    ///
    /// @throws TokenizerException where it is absent, or of another kind
    public static Tokenizer load(Path path) {
        TokenizerFiles source = TokenizerFiles.at(path);
        return new Tokenizer(source.read(), source.contents());
    }

    /// The file of a tokenizer in a folder, of whatever kind.
    public static Optional<Path> fileIn(Path folder) {
        return TokenizerFiles.isIn(folder) ? Optional.of(TokenizerFiles.at(folder).source()) : Optional.empty();
    }

    /// The files of the tokenizer in a folder, in order of their names.
    public static List<Path> files(Path folder) {
        return TokenizerFiles.in(folder);
    }

    /// Writes the tokenizer's files into a folder, which is made if need be: those that it was read from, byte for
    /// byte, or else `tokenizer.json` and `tokenizer_config.json`.
    ///
    /// @throws TokenizerException if they cannot be written
    public void save(Path folder) {
        if (files.isEmpty()) {
            TokenizerWriter.write(model, folder);
        } else {
            TokenizerFiles.write(files, folder);
        }
    }

    /// The tokens of a text, without one for its begin or end. Names of special tokens in it are plain text: no text
    /// can make a special token. An unpaired surrogate, which is no text, counts as a question mark.
    public int[] encode(String text) {
        return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The tokens of a text whose author is trusted, such as a chat template: names of special tokens become those.
    public int[] encodeWithSpecials(String text) {
        Ids ids = new Ids();
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        encoder().encode(utf8, 0, utf8.length, true, ids::add);
        return ids.toArray();
    }

    private int[] encode(byte[] utf8) {
        Ids ids = new Ids();
        encoder().encode(utf8, 0, utf8.length, ids::add);
        return ids.toArray();
    }

    /// An encoder for much text, for one thread.
    public Encoder encoder() {
        Merger.Units units =
                model.sentencePiece().isPresent()
                        ? this::characters
                        : (text, from, to, ids) -> bytes(text, from, to, ids, 0);
        return new Encoder(model, addedTokens, new Merger(ranks, model.merged(), priorities, units), wholes, wholeIds);
    }

    /// A character that has a token is that token; another one is its bytes.
    private int characters(byte[] text, int from, int to, int[] ids) {
        int count = 0;
        int at = from;
        while (at < to) {
            int end = at + WordScanner.width(text[at]);
            int known = wholes.find(text, at, end);
            if (known == ByteStrings.ABSENT && Arrays.equals(text, at, end, SentencePieceReader.SPACE, 0, 3)) {
                known = wholes.find(new byte[] {' '}, 0, 1);
            }
            if (known != ByteStrings.ABSENT) {
                ids[count++] = wholeIds[known];
            } else {
                count += bytes(text, at, end, ids, count);
            }
            at = end;
        }
        return count;
    }

    private int bytes(byte[] text, int from, int to, int[] ids, int into) {
        for (int i = from; i < to; i++) {
            ids[into + i - from] = byteIds[text[i] & 0xff];
        }
        return to - from;
    }

    /// The text of tokens, special ones left out. Bytes that are no UTF-8 become replacement characters.
    public String decode(int[] ids) {
        return new String(decodeBytes(ids), StandardCharsets.UTF_8);
    }

    /// The bytes of tokens, special ones left out.
    public byte[] decodeBytes(int[] ids) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(ids.length * 4);
        for (int id : ids) {
            bytes.writeBytes(bytes(id));
        }
        byte[] text = bytes.toByteArray();
        boolean spaced = model.sentencePiece().filter(BpeModel.SentencePiece::spaceFirst).isPresent();
        return spaced && text.length > 0 && text[0] == ' ' ? Arrays.copyOfRange(text, 1, text.length) : text;
    }

    /// Decodes tokens one by one, as a model generates them.
    public TextStream stream() {
        return new TextStream(this);
    }

    /// Number of tokens: every id is below it.
    public int vocabularySize() {
        return model.tokens().length;
    }

    /// The token that begins a document.
    public int bos() {
        return model.bos();
    }

    /// The token that ends a document.
    public int eos() {
        return model.eos();
    }

    /// The id of a token that no text can make, by its name, such as `<|im_start|>`.
    ///
    /// @throws IllegalArgumentException if no token has that name
    public int special(String name) {
        BpeModel.Added token = added.get(name);
        if (token == null) {
            throw new IllegalArgumentException("the tokenizer has no special token " + name + ", it has " + specials());
        }
        return token.id();
    }

    /// Names of all special tokens, in order of their ids.
    public List<String> specials() {
        return model.added().stream().map(BpeModel.Added::content).toList();
    }

    /// SHA-256 of everything that can change a token.
    public String digest() {
        return digest;
    }

    /// What a token adds to decoded text: nothing if it is special.
    byte[] bytes(int id) {
        if (id < 0 || id >= special.length) {
            throw new IllegalArgumentException("no token " + id + " in a vocabulary of " + special.length);
        }
        byte[] token = model.tokens()[id];
        return special[id] || token == null ? new byte[0] : token;
    }

    BpeModel model() {
        return model;
    }

    /// A growing array of ids.
    private static final class Ids {
        private int[] ids = new int[64];
        private int size;

        void add(int id) {
            if (size == ids.length) {
                ids = Arrays.copyOf(ids, size * 2);
            }
            ids[size++] = id;
        }

        int[] toArray() {
            return Arrays.copyOf(ids, size);
        }
    }
}
