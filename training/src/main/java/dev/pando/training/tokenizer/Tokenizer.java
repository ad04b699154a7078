package dev.pando.training.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Turns text into tokens and back, to the byte: byte-level byte-pair encoding.
///
/// Trained on a corpus by a [BpeTrainer], or read from a Hugging Face `tokenizer.json`. Immutable and thread-safe.
public final class Tokenizer {
    private final BpeModel model;
    private final PairTable ranks;
    private final int[] byteIds;
    private final ByteStrings wholes = new ByteStrings();
    private final int[] wholeIds;
    private final Map<String, BpeModel.Added> added = new HashMap<>();
    private final boolean[] special;
    private final Pattern addedPattern;
    private final String digest;

    Tokenizer(BpeModel model) {
        this.model = model;
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
        // at one place the longest name wins
        addedPattern =
                Pattern.compile(
                        model.added().stream()
                                .map(BpeModel.Added::content)
                                .sorted(Comparator.comparingInt(String::length).reversed())
                                .map(Pattern::quote)
                                .collect(Collectors.joining("|")));
        byteIds = new int[256];
        wholeIds = new int[model.tokens().length];
        for (int id = 0; id < model.tokens().length; id++) {
            byte[] token = model.tokens()[id];
            if (token != null && !isAdded[id]) {
                wholeIds[wholes.intern(token, 0, token.length)] = id;
            }
        }
        for (int b = 0; b < 256; b++) {
            int whole = wholes.find(new byte[] {(byte) b}, 0, 1);
            if (whole == ByteStrings.ABSENT) {
                throw new TokenizerException("no token for the byte " + b + ", so not every text can be encoded");
            }
            byteIds[b] = wholeIds[whole];
        }
        digest = model.digest();
    }

    /// Reads a Hugging Face `tokenizer.json`, or the folder that holds one.
    ///
    /// @throws TokenizerException where there is none, or one of another kind
    public static Tokenizer load(Path path) {
        return new Tokenizer(TokenizerReader.read(path));
    }

    /// Writes `tokenizer.json` and `tokenizer_config.json` into a folder, which is made if need be.
    ///
    /// @throws TokenizerException if they cannot be written
    public void save(Path folder) {
        TokenizerWriter.write(model, folder);
    }

    /// The tokens of a text, without one for its begin or end. Names of special tokens in it are plain text: no text
    /// can make a special token. An unpaired surrogate, which is no text, counts as a question mark.
    public int[] encode(String text) {
        return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The tokens of a text whose author is trusted, such as a chat template: names of special tokens become those.
    public int[] encodeWithSpecials(String text) {
        Ids ids = new Ids();
        Encoder encoder = encoder();
        int done = 0;
        for (Matcher name = addedPattern.matcher(text); !added.isEmpty() && name.find(); done = name.end()) {
            byte[] before = text.substring(done, name.start()).getBytes(StandardCharsets.UTF_8);
            encoder.encode(before, 0, before.length, ids::add);
            ids.add(added.get(name.group()).id());
        }
        byte[] after = text.substring(done).getBytes(StandardCharsets.UTF_8);
        encoder.encode(after, 0, after.length, ids::add);
        return ids.toArray();
    }

    private int[] encode(byte[] utf8) {
        Ids ids = new Ids();
        encoder().encode(utf8, 0, utf8.length, ids::add);
        return ids.toArray();
    }

    /// An encoder for much text, for one thread.
    public Encoder encoder() {
        return new Encoder(model, new Merger(ranks, model.merged(), byteIds), wholes, wholeIds);
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
        return bytes.toByteArray();
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
    /// @throws IllegalArgumentException if there is none of that name
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
