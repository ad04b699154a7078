package dev.pando.training.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads tokenizers in the format of Hugging Face's `tokenizers` library.
///
/// Reads any byte-level BPE that gives text back to the byte; others it refuses, saying why.
final class TokenizerReader {
    static final String FILE = "tokenizer.json";
    static final String CONFIG_FILE = "tokenizer_config.json";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private final Path file;
    private final JsonNode root;

    private TokenizerReader(Path file, JsonNode root) {
        this.file = file;
        this.root = root;
    }

    static BpeModel read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
        JsonNode root = parse(file);
        return new TokenizerReader(file, root).model(config(file).orElse(null));
    }

    /// What lies beside a tokenizer and names its marks.
    static Optional<JsonNode> config(Path file) {
        Path config = file.resolveSibling(CONFIG_FILE);
        return Files.exists(config) ? Optional.of(parse(config)) : Optional.empty();
    }

    private static JsonNode parse(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new TokenizerException(
                    "there is no tokenizer at "
                            + file
                            + ": name a Hugging Face tokenizer.json, or leave tokenizer.file empty to train one");
        }
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(file));
            if (root == null || !root.isObject()) {
                throw new TokenizerException(file + " is not a tokenizer: it holds no JSON object");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new TokenizerException(
                    file
                            + " is not a tokenizer: it is damaged or not JSON (line "
                            + (e.getLocation() == null ? 1 : e.getLocation().getLineNr())
                            + ")",
                    e);
        } catch (IOException e) {
            throw new TokenizerException("cannot read the tokenizer " + file + ": " + reason(e), e);
        }
    }

    private BpeModel model(JsonNode config) {
        JsonNode bpe = root.path("model");
        checkKind(bpe);
        PreTokenizer preTokenizer = preTokenizer();
        List<BpeModel.Added> added = added();
        Map<String, Integer> ids = new HashMap<>();
        byte[][] tokens = tokens(bpe, added, ids);
        JsonNode listed = bpe.path("merges");
        long[] merges = new long[listed.size()];
        int[] merged = new int[merges.length];
        for (int rank = 0; rank < merges.length; rank++) {
            String[] pair = pair(listed.get(rank));
            Integer left = ids.get(pair[0]);
            Integer right = ids.get(pair[1]);
            Integer whole = ids.get(pair[0] + pair[1]);
            require(
                    left != null && right != null && whole != null,
                    "merges tokens that it does not have: " + pair[0] + " " + pair[1]);
            merges[rank] = PairTable.pair(left, right);
            merged[rank] = whole;
        }
        int eos = marker(config, "eos_token", SpecialTokens.EOS, added, -1);
        require(
                eos >= 0,
                "does not say which token ends a text: name it as eos_token in a " + CONFIG_FILE + " beside it");
        int bos = marker(config, "bos_token", SpecialTokens.BOS, added, eos);
        boolean wholeFirst = bpe.path("ignore_merges").asBoolean();
        return new BpeModel(tokens, merges, merged, added, preTokenizer, wholeFirst, bos, eos);
    }

    private void checkKind(JsonNode bpe) {
        boolean isBpe = bpe.path("type").asText("BPE").equals("BPE");
        require(isBpe && bpe.path("vocab").isObject() && bpe.path("merges").isArray(), "is not of the kind BPE");
        require(
                isNoChange(root.path("normalizer")),
                "changes text before encoding it (normalizer), so text would not come back to the byte");
        require(
                !bpe.path("byte_fallback").asBoolean(),
                "is a SentencePiece tokenizer (byte_fallback), which is read from its tokenizer.model alone");
        require(bpe.path("dropout").asDouble(0) == 0, "encodes at random (dropout)");
        for (String mark : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            require(bpe.path(mark).asText("").isEmpty(), "marks the insides or ends of words (" + mark + ")");
        }
    }

    /// The bytes of every token by id, and the ids of those that are not added by their spelling.
    private byte[][] tokens(JsonNode bpe, List<BpeModel.Added> added, Map<String, Integer> ids) {
        int largest = -1;
        for (var entry : bpe.path("vocab").properties()) {
            int id = entry.getValue().asInt(-1);
            ids.put(entry.getKey(), id);
            largest = Math.max(largest, id);
        }
        for (BpeModel.Added token : added) {
            largest = Math.max(largest, token.id());
        }
        require(largest < BpeTrainer.MOST_VOCABULARY, "has ids beyond " + BpeTrainer.MOST_VOCABULARY);
        byte[][] tokens = new byte[largest + 1][];
        for (BpeModel.Added token : added) {
            tokens[token.id()] = token.content().getBytes(StandardCharsets.UTF_8);
            ids.remove(token.content());
        }
        ids.forEach((spelling, id) -> {
            byte[] bytes = ByteAlphabet.bytes(spelling);
            require(bytes != null && bytes.length > 0, "is not byte-level: it has a token " + spelling);
            require(id >= 0 && tokens[id] == null, "gives two tokens one id, or none: " + spelling);
            tokens[id] = bytes;
        });
        return tokens;
    }

    private List<BpeModel.Added> added() {
        List<BpeModel.Added> added = new ArrayList<>();
        for (JsonNode token : root.path("added_tokens")) {
            int id = token.path("id").asInt(-1);
            String content = token.path("content").asText("");
            require(id >= 0 && !content.isEmpty(), "has an added token without an id or a name");
            added.add(added(id, token));
        }
        added.sort(Comparator.comparingInt(BpeModel.Added::id));
        return added;
    }

    /// A token as `added_tokens` or `added_tokens_decoder` describes it.
    static BpeModel.Added added(int id, JsonNode token) {
        return new BpeModel.Added(
                id,
                token.path("content").asText(""),
                token.path("special").asBoolean(),
                token.path("single_word").asBoolean(),
                token.path("lstrip").asBoolean(),
                token.path("rstrip").asBoolean(),
                token.path("normalized").asBoolean());
    }

    /// A token's number as the key of a table, or -1.
    static int id(String key) {
        return key.matches("[0-9]{1,7}") ? Integer.parseInt(key) : -1;
    }

    private static boolean isNoChange(JsonNode normalizer) {
        return isAbsent(normalizer)
                || normalizer.path("type").asText().equals("Sequence")
                        && normalizer.path("normalizers").isArray()
                        && normalizer.path("normalizers").valueStream().allMatch(TokenizerReader::isNoChange);
    }

    private PreTokenizer preTokenizer() {
        JsonNode outer = root.path("pre_tokenizer");
        List<JsonNode> steps = new ArrayList<>();
        if (outer.path("type").asText().equals("Sequence")) {
            outer.path("pretokenizers").forEach(steps::add);
        } else {
            steps.add(outer);
        }
        List<String> patterns = new ArrayList<>();
        boolean byteLevel = false;
        for (JsonNode step : steps) {
            // it turns text into its own letters, and whatever comes after it sees those
            require(!byteLevel, "cuts text once it is spelled by bytes (a step after ByteLevel)");
            switch (step.path("type").asText()) {
                case "ByteLevel" -> {
                    require(!step.path("add_prefix_space").asBoolean(), "puts a space before text (add_prefix_space)");
                    byteLevel = true;
                    if (step.path("use_regex").asBoolean(true)) {
                        patterns.add(RegexSplitter.GPT2);
                    }
                }
                case "Split" -> patterns.add(split(step));
                case "Digits" -> patterns.add(step.path("individual_digits").asBoolean() ? "\\p{N}" : "\\p{N}+");
                default ->
                        throw refusal(
                                "cuts text in a way that is not known here (pre_tokenizer "
                                        + step.path("type").asText()
                                        + ")");
            }
        }
        require(byteLevel, "is not byte-level");
        if (patterns.equals(List.of(WordScanner.PATTERN))) {
            return new WordScanner();
        }
        try {
            RegexSplitter splitter = new RegexSplitter(patterns);
            for (int i = 0; i < patterns.size(); i++) {
                boolean dropsRest = i < steps.size() && steps.get(i).path("invert").asBoolean();
                require(!dropsRest || splitter.matchesEverything(i), "drops what its pattern does not match (Removed)");
            }
            return splitter;
        } catch (Oniguruma.Untranslatable e) {
            throw refusal("has a pattern that does not mean the same here: " + e.getMessage());
        }
    }

    private String split(JsonNode step) {
        String behavior = step.path("behavior").asText();
        // "remove what is not matched" is how older files say "keep the matches"
        require(
                step.path("invert").asBoolean() ? behavior.equals("Removed") : behavior.equals("Isolated"),
                "drops or glues pieces of text (Split behavior " + behavior + ")");
        JsonNode pattern = step.path("pattern");
        return pattern.has("Regex") ? pattern.get("Regex").asText() : Oniguruma.quote(pattern.path("String").asText());
    }

    /// A merge is written as `"a b"`, by newer versions as `["a", "b"]`.
    private String[] pair(JsonNode merge) {
        String[] pair =
                merge.isArray() && merge.size() == 2
                        ? new String[] {merge.get(0).asText(), merge.get(1).asText()}
                        : merge.asText("").split(" ", -1);
        require(pair.length == 2, "has a merge that is not of two tokens: " + merge);
        return pair;
    }

    private int marker(JsonNode config, String key, String usual, List<BpeModel.Added> added, int otherwise) {
        String name = name(config == null ? root.path(key) : config.path(key));
        String wanted = name.isEmpty() ? usual : name;
        return added.stream()
                .filter(token -> token.content().equals(wanted))
                .mapToInt(BpeModel.Added::id)
                .findFirst()
                .orElse(otherwise);
    }

    /// The name of a token, which stands for itself or within an object; empty if absent.
    static String name(JsonNode named) {
        return isAbsent(named) ? "" : named.isObject() ? named.path("content").asText("") : named.asText("");
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
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
                        + "; a byte-level BPE tokenizer.json is needed, or none at all to train one on the corpus");
    }

    static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
