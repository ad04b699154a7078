package dev.pando.training.tokenizer;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Writes tokenizers in the format of Hugging Face's `tokenizers` library, the same bytes for the same tokenizer.
final class TokenizerWriter {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CHAT_TEMPLATE =
            "{{ bos_token }}{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n"
                    + "' + message['content'] + '<|im_end|>' + '\n"
                    + "' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n"
                    + "' }}{% endif %}";

    private TokenizerWriter() {}

    static void write(BpeModel model, Path folder) {
        try {
            Files.createDirectories(folder);
            write(tree(model), folder.resolve(TokenizerReader.FILE));
            write(config(model), folder.resolve(TokenizerReader.CONFIG_FILE));
        } catch (IOException e) {
            throw new TokenizerException(
                    "cannot write the tokenizer into " + folder + ": " + TokenizerReader.reason(e), e);
        }
    }

    private static void write(ObjectNode root, Path file) throws IOException {
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
    }

    private static ObjectNode tree(BpeModel model) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (BpeModel.Added token : model.added()) {
            added.addObject()
                    .put("id", token.id())
                    .put("content", token.content())
                    .put("single_word", token.singleWord())
                    .put("lstrip", token.lstrip())
                    .put("rstrip", token.rstrip())
                    .put("normalized", token.normalized())
                    .put("special", token.special());
        }
        root.putNull("normalizer");
        ArrayNode steps = root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        for (String pattern : model.preTokenizer().patterns()) {
            ObjectNode split = steps.addObject().put("type", "Split");
            split.putObject("pattern").put("Regex", pattern);
            split.put("behavior", "Isolated").put("invert", false);
        }
        byteLevel(steps.addObject());
        beginOfText(root.putObject("post_processor"), name(model, model.bos()), model.bos());
        byteLevel(root.putObject("decoder"));
        bpe(model, root.putObject("model"));
        return root;
    }

    private static void bpe(BpeModel model, ObjectNode bpe) {
        bpe.put("type", "BPE")
                .putNull("dropout")
                .putNull("unk_token")
                .putNull("continuing_subword_prefix")
                .putNull("end_of_word_suffix")
                .put("fuse_unk", false)
                .put("byte_fallback", false)
                .put("ignore_merges", model.wholeFirst());
        String[] spellings = spellings(model);
        ObjectNode vocabulary = bpe.putObject("vocab");
        for (int id = 0; id < spellings.length; id++) {
            if (spellings[id] != null) {
                vocabulary.put(spellings[id], id);
            }
        }
        ArrayNode merges = bpe.putArray("merges");
        for (long pair : model.merges()) {
            merges.add(spellings[PairTable.left(pair)] + " " + spellings[PairTable.right(pair)]);
        }
    }

    private static String name(BpeModel model, int id) {
        return new String(model.tokens()[id], StandardCharsets.UTF_8);
    }

    private static void byteLevel(ObjectNode node) {
        node.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", false);
    }

    private static void beginOfText(ObjectNode node, String bos, int id) {
        node.put("type", "TemplateProcessing");
        ArrayNode single = node.putArray("single");
        ArrayNode pair = node.putArray("pair");
        for (ArrayNode template : List.of(single, pair)) {
            template.addObject().putObject("SpecialToken").put("id", bos).put("type_id", 0);
            template.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
        }
        pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
        ObjectNode token = node.putObject("special_tokens").putObject(bos).put("id", bos);
        token.putArray("ids").add(id);
        token.putArray("tokens").add(bos);
    }

    private static String[] spellings(BpeModel model) {
        String[] spellings = new String[model.tokens().length];
        for (int id = 0; id < spellings.length; id++) {
            spellings[id] = model.tokens()[id] == null ? null : ByteAlphabet.spell(model.tokens()[id]);
        }
        for (BpeModel.Added token : model.added()) {
            spellings[token.id()] = token.content();
        }
        return spellings;
    }

    private static ObjectNode config(BpeModel model) {
        String bos = name(model, model.bos());
        String eos = name(model, model.eos());
        ObjectNode config = JSON.createObjectNode();
        config.put("tokenizer_class", "PreTrainedTokenizerFast");
        config.put("bos_token", bos).put("eos_token", eos).put("pad_token", eos);
        config.put("add_bos_token", true).put("add_eos_token", false);
        config.put("clean_up_tokenization_spaces", false);
        List<String> names = model.added().stream().map(BpeModel.Added::content).toList();
        if (names.contains(SpecialTokens.UNKNOWN)) {
            config.put("unk_token", SpecialTokens.UNKNOWN);
        }
        if (names.containsAll(SpecialTokens.LAST)) {
            ArrayNode others = config.putArray("additional_special_tokens");
            SpecialTokens.LAST.forEach(others::add);
            config.put("chat_template", CHAT_TEMPLATE);
        }
        return config;
    }
}
