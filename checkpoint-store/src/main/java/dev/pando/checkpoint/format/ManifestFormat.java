package dev.pando.checkpoint.format;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.checkpoint.io.CorruptCheckpointException;
import dev.pando.checkpoint.io.Sha256;
import dev.pando.checkpoint.io.UnknownFormatException;
import dev.pando.training.step.LossHistory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;

/// The manifest as a file: JSON whose last member is the SHA-256 of all bytes before that member.
///
/// The frame (a JSON object, `format`, `version`, and `"sha256":"…"}` with a line feed at the end) is the same in every
/// version, so that damage and age can always be told apart.
public final class ManifestFormat {
    static final String FORMAT = "pando.checkpoint";

    /// Version of the format. A manifest of a higher one is refused.
    public static final int VERSION = 1;

    private static final String SEAL = "\"sha256\":\"";
    private static final int TAIL = SEAL.length() + 64 + "\"}\n".length();

    public static final ObjectMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .build();

    private ManifestFormat() {}

    public static byte[] encode(Manifest manifest) {
        try {
            Body body =
                    new Body(
                            FORMAT,
                            VERSION,
                            manifest.job(),
                            manifest.step(),
                            manifest.history().text(),
                            manifest.parent(),
                            manifest.attributes(),
                            manifest.chunkBytes(),
                            manifest.files(),
                            manifest.tensors());
            String text = JSON.writeValueAsString(body);
            return seal(text.substring(0, text.length() - 1) + ",\n");
        } catch (JsonProcessingException impossible) {
            throw new AssertionError("a manifest is records of strings and numbers", impossible);
        }
    }

    public static byte[] seal(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        String tail = SEAL + Sha256.hex(bytes, 0, bytes.length) + "\"}\n";
        return (text + tail).getBytes(StandardCharsets.UTF_8);
    }

    /// @throws CorruptCheckpointException if these are not the bytes that were written
    /// @throws UnknownFormatException if they are, by something else or a newer version
    public static Manifest decode(byte[] bytes) throws CorruptCheckpointException, UnknownFormatException {
        checkSeal(bytes);
        try {
            JsonNode tree = JSON.readTree(bytes);
            if (!tree.path("format").asText().equals(FORMAT)) {
                throw new UnknownFormatException("is not a checkpoint of Pando");
            }
            int version = tree.path("version").asInt();
            if (version < 1 || version > VERSION) {
                throw new UnknownFormatException(
                        "was written by a newer Pando (format "
                                + version
                                + ", this one reads up to "
                                + VERSION
                                + "): use that one");
            }
            Body body = JSON.treeToValue(((ObjectNode) tree).without("sha256"), Body.class);
            return new Manifest(
                    body.job,
                    body.step,
                    LossHistory.parse(body.lossHistory),
                    body.parent,
                    body.attributes,
                    body.chunkBytes,
                    body.files,
                    body.tensors);
        } catch (JsonProcessingException | IllegalArgumentException wrong) {
            throw new UnknownFormatException("has a manifest that says nonsense: " + firstLine(wrong));
        } catch (IOException impossible) {
            throw new AssertionError("reading an array", impossible);
        }
    }

    private static void checkSeal(byte[] bytes) throws CorruptCheckpointException, UnknownFormatException {
        int at = bytes.length - TAIL;
        String tail = at < 0 ? "" : new String(bytes, at, TAIL, StandardCharsets.ISO_8859_1);
        if (!tail.startsWith(SEAL) || !tail.endsWith("\"}\n")) {
            throw new CorruptCheckpointException("its manifest is cut short or not one of Pando's");
        }
        if (!tail.equals(SEAL + Sha256.hex(bytes, 0, at) + "\"}\n")) {
            throw new CorruptCheckpointException("its manifest is not as it was written");
        }
    }

    private static String firstLine(Exception wrong) {
        return wrong.getMessage().lines().findFirst().orElse("?");
    }

    private record Body(
            String format,
            int version,
            String job,
            long step,
            String lossHistory,
            String parent,
            SortedMap<String, String> attributes,
            int chunkBytes,
            List<Manifest.ShardFile> files,
            List<Manifest.Tensor> tensors) {}
}
