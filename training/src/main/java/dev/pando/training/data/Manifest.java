package dev.pando.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Says what a folder of prepared data holds, so that a reader can tell whole data from damaged data.
///
/// @param digest of all that decides the tokens, see [Preparation]
/// @param tokenizer digest of the tokenizer
/// @param tokenBytes bytes of a token in the shards, 2 or 4
/// @param shards token files, in order; a document lies in one of them
/// @param others the other files, by name
record Manifest(
        String digest,
        String tokenizer,
        int tokenBytes,
        long documents,
        long bytes,
        long tokens,
        List<Entry> shards,
        List<Entry> others) {
    static final String FILE = "manifest.json";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    Manifest {
        shards = List.copyOf(shards);
        others = List.copyOf(others);
    }

    /// A file, as it was written.
    record Entry(String name, long bytes, String sha256) {
        static Entry of(Path file) throws IOException {
            MessageDigest sha256 = Digest.sha256();
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            long bytes = 0;
            try (FileChannel channel = FileChannel.open(file)) {
                for (int count = channel.read(buffer); count >= 0; count = channel.read(buffer)) {
                    bytes += count;
                    sha256.update(buffer.flip());
                    buffer.clear();
                }
            }
            return new Entry(file.getFileName().toString(), bytes, HexFormat.of().formatHex(sha256.digest()));
        }
    }

    byte[] toJson() throws IOException {
        ObjectNode root = tree();
        root.put("check", check(root));
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    }

    /// The manifest of a folder whose every byte is as it was written; empty if that is not so, whatever is there.
    static Optional<Manifest> readValid(Path folder, String digest) {
        return readValid(folder).filter(manifest -> manifest.digest.equals(digest));
    }

    /// The same, whatever its digest.
    static Optional<Manifest> readValid(Path folder) {
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(folder.resolve(FILE)));
            if (!(root instanceof ObjectNode object) || !object.path("check").asText().equals(check(object))) {
                return Optional.empty();
            }
            Manifest manifest = of(object);
            for (List<Entry> files : List.of(manifest.shards, manifest.others)) {
                for (Entry file : files) {
                    Path path = folder.resolve(file.name);
                    if (Files.size(path) != file.bytes || !Entry.of(path).equals(file)) {
                        return Optional.empty();
                    }
                }
            }
            return Optional.of(manifest);
        } catch (IOException damaged) {
            return Optional.empty();
        }
    }

    private ObjectNode tree() {
        ObjectNode root = JSON.createObjectNode();
        root.put("digest", digest).put("tokenizer", tokenizer).put("token_bytes", tokenBytes);
        root.put("documents", documents).put("bytes", bytes).put("tokens", tokens);
        write(root.putArray("shards"), shards);
        write(root.putArray("files"), others);
        return root;
    }

    private static void write(ArrayNode array, List<Entry> files) {
        for (Entry file : files) {
            array.addObject().put("name", file.name).put("bytes", file.bytes).put("sha256", file.sha256);
        }
    }

    private static Manifest of(ObjectNode root) {
        return new Manifest(
                root.path("digest").asText(),
                root.path("tokenizer").asText(),
                root.path("token_bytes").asInt(),
                root.path("documents").asLong(),
                root.path("bytes").asLong(),
                root.path("tokens").asLong(),
                entries(root.path("shards")),
                entries(root.path("files")));
    }

    private static List<Entry> entries(JsonNode array) {
        List<Entry> files = new ArrayList<>();
        for (JsonNode file : array) {
            files.add(new Entry(file.path("name").asText(), file.path("bytes").asLong(), file.path("sha256").asText()));
        }
        return files;
    }

    /// SHA-256 of all but itself.
    private static String check(ObjectNode root) throws IOException {
        ObjectNode rest = root.deepCopy();
        rest.remove("check");
        return HexFormat.of().formatHex(Digest.sha256().digest(JSON.writeValueAsBytes(rest)));
    }
}
