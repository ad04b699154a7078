package dev.pando.training.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.training.tokenizer.SentencePieceFile.Piece;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Makes a tokenizer of a SentencePiece model such as InternLM2's own `tokenizer.model`: byte-pair encoding of
/// characters that falls back to bytes.
///
/// SentencePiece joins the neighbours whose joint piece has the best score, the leftmost first. That is byte-pair
/// encoding whose merges are all cuts of a piece into two, with the piece's place by score as priority.
final class SentencePieceReader {
    /// What SentencePiece writes for a space.
    static final byte[] SPACE = "\u2581".getBytes(StandardCharsets.UTF_8);

    private final Path file;
    private final SentencePieceFile model;
    private final Map<String, Integer> ids = new HashMap<>();

    private SentencePieceReader(Path file, SentencePieceFile model) {
        this.file = file;
        this.model = model;
    }

    static BpeModel read(Path file) {
        SentencePieceReader reader = new SentencePieceReader(file, SentencePieceFile.read(file));
        return reader.model(TokenizerReader.config(file));
    }

    private BpeModel model(Optional<JsonNode> config) {
        require(model.isBpe(), "is not of the kind BPE");
        require(model.keepsText(), "changes text before encoding it, so text would not come back to the byte");
        TreeMap<Integer, BpeModel.Added> added = added(config);
        int size = Math.max(model.pieces().size(), added.isEmpty() ? 0 : added.lastKey() + 1);
        require(size <= BpeTrainer.MOST_VOCABULARY, "has more than " + BpeTrainer.MOST_VOCABULARY + " tokens");
        byte[][] tokens = new byte[size][];
        int[] bytes = new int[256];
        Arrays.fill(bytes, -1);
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            if (added.containsKey(id)) {
                continue;
            }
            switch (piece.kind()) {
                case BYTE -> {
                    int value = byteOf(piece.text());
                    bytes[value] = id;
                    tokens[id] = new byte[] {(byte) value};
                }
                case NORMAL -> {
                    tokens[id] = utf8(piece.text());
                    require(ids.put(piece.text(), id) == null, "has the piece " + piece.text() + " twice");
                }
                case UNKNOWN, CONTROL, USER_DEFINED, UNUSED ->
                        throw refusal("has a piece of a kind that is not known here: " + piece.text());
            }
        }
        added.forEach((id, token) -> tokens[id] = token.content().getBytes(StandardCharsets.UTF_8));
        for (int b = 0; b < 256; b++) {
            require(bytes[b] >= 0, "has no token for the byte " + b + ", so not every text can be encoded");
        }
        return merging(tokens, bytes, List.copyOf(added.values()), config);
    }

    private BpeModel merging(byte[][] tokens, int[] bytes, List<BpeModel.Added> added, Optional<JsonNode> config) {
        List<Integer> byScore =
                ids.values().stream()
                        .sorted(
                                Comparator.comparingDouble((Integer id) -> -model.pieces().get(id).score())
                                        .thenComparing(Comparator.naturalOrder()))
                        .toList();
        Map<Long, Integer> numbers = new HashMap<>();
        List<long[]> merges = new ArrayList<>(); // pair, what it makes, priority
        int priority = -1;
        float last = Float.NaN;
        for (int id : byScore) {
            Piece piece = model.pieces().get(id);
            priority += piece.score() == last ? 0 : 1;
            last = piece.score();
            String text = piece.text();
            int length = text.codePointCount(0, text.length());
            require(
                    length == 1 || text.codePoints().allMatch(c -> ids.containsKey(Character.toString(c))),
                    "has the piece " + text + ", and not each of its characters");
            for (int cut = text.offsetByCodePoints(0, 1); cut < text.length(); cut = text.offsetByCodePoints(cut, 1)) {
                Integer left = ids.get(text.substring(0, cut));
                Integer right = ids.get(text.substring(cut));
                if (left != null && right != null && numbers.putIfAbsent(PairTable.pair(left, right), id) == null) {
                    merges.add(new long[] {PairTable.pair(left, right), id, priority});
                }
            }
        }
        int eos = marker(config, "eos_token", model.eos(), added);
        int bos = marker(config, "bos_token", model.bos(), added);
        require(eos >= 0, "does not say which token ends a text");
        return new BpeModel(
                tokens,
                merges.stream().mapToLong(merge -> merge[0]).toArray(),
                merges.stream().mapToInt(merge -> (int) merge[1]).toArray(),
                added,
                new WholeText(),
                false,
                bos >= 0 ? bos : eos,
                eos,
                Optional.of(
                        new BpeModel.SentencePiece(
                                bytes,
                                merges.stream().mapToInt(merge -> (int) merge[2]).toArray(),
                                model.spaceFirst())));
    }

    /// Tokens that no merge makes: those of the model, under the names that `tokenizer_config.json` gives them.
    private TreeMap<Integer, BpeModel.Added> added(Optional<JsonNode> config) {
        TreeMap<Integer, BpeModel.Added> added = new TreeMap<>();
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            switch (piece.kind()) {
                case CONTROL, UNKNOWN -> added.put(id, new BpeModel.Added(id, piece.text(), true));
                case USER_DEFINED -> added.put(id, new BpeModel.Added(id, spaced(piece.text()), false));
                case UNUSED -> throw refusal("has pieces that are not to be used: " + piece.text());
                case NORMAL, BYTE -> {}
            }
        }
        config.ifPresent(json ->
                json.path("added_tokens_decoder")
                        .properties()
                        .forEach(entry -> {
                            int id = TokenizerReader.id(entry.getKey());
                            require(id >= 0 && entry.getValue().isObject(), "has an added token without a number");
                            added.put(id, TokenizerReader.added(id, entry.getValue()));
                        }));
        return added;
    }

    private int marker(Optional<JsonNode> config, String key, int otherwise, List<BpeModel.Added> added) {
        String name = config.map(json -> TokenizerReader.name(json.path(key))).orElse("");
        return added.stream()
                .filter(token -> name.isEmpty() ? token.id() == otherwise : token.content().equals(name))
                .mapToInt(BpeModel.Added::id)
                .findFirst()
                .orElse(-1);
    }

    private static String spaced(String piece) {
        return piece.replace('\u2581', ' ');
    }

    private static byte[] utf8(String piece) {
        return spaced(piece).getBytes(StandardCharsets.UTF_8);
    }

    private int byteOf(String piece) {
        require(piece.matches("<0x[0-9A-Fa-f]{2}>"), "has a byte of the name " + piece);
        return Integer.parseInt(piece, 3, 5, 16);
    }

    private void require(boolean holds, String why) {
        if (!holds) {
            throw refusal(why);
        }
    }

    private TokenizerException refusal(String why) {
        return new TokenizerException(
                "cannot use the tokenizer "
                        + file
                        + ": it "
                        + why
                        + "; a SentencePiece BPE model with byte fallback, or"
                        + " a byte-level BPE tokenizer.json is needed");
    }
}
