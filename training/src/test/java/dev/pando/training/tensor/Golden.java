package dev.pando.training.tensor;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// One golden case: a pair of NAME.safetensors and NAME.json in the folder that the property `pando.oracle` names.
public final class Golden {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ByteBuffer file;
    private final JsonNode header;
    private final int dataStart;
    private final JsonNode facts;

    private Golden(ByteBuffer file, JsonNode facts) throws IOException {
        this.file = file.order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = Math.toIntExact(file.getLong(0));
        byte[] text = new byte[headerLength];
        file.get(8, text);
        this.header = JSON.readTree(new String(text, StandardCharsets.UTF_8));
        this.dataStart = 8 + headerLength;
        this.facts = facts;
    }

    /// Reads a case, or skips the test where the folder is not there.
    public static Golden open(String name) {
        String folder = System.getProperty("pando.oracle", "");
        assumeTrue(
                !folder.isBlank() && Files.isDirectory(Path.of(folder)),
                "skipped: the property pando.oracle names no folder of golden numbers");
        try {
            return new Golden(
                    ByteBuffer.wrap(Files.readAllBytes(Path.of(folder, name + ".safetensors"))),
                    JSON.readTree(Path.of(folder, name + ".json").toFile()));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// What the JSON beside the data says.
    public JsonNode facts() {
        return facts;
    }

    public long[] shape(String tensor) {
        JsonNode shape = entry(tensor).get("shape");
        long[] dimensions = new long[shape.size()];
        for (int i = 0; i < dimensions.length; i++) {
            dimensions[i] = shape.get(i).asLong();
        }
        return dimensions;
    }

    /// A tensor of any type as float64.
    public double[] read(String tensor) {
        JsonNode entry = entry(tensor);
        String type = entry.get("dtype").asText();
        int at = dataStart + entry.get("data_offsets").get(0).asInt();
        int bytes = dataStart + entry.get("data_offsets").get(1).asInt() - at;
        int width = type.endsWith("64") ? 8 : 4;
        double[] values = new double[bytes / width];
        for (int i = 0; i < values.length; i++) {
            values[i] =
                    switch (type) {
                        case "F32" -> file.getFloat(at + i * 4);
                        case "F64" -> file.getDouble(at + i * 8);
                        case "I64" -> file.getLong(at + i * 8);
                        default -> throw new IllegalArgumentException(tensor + " is of type " + type);
                    };
        }
        return values;
    }

    private JsonNode entry(String tensor) {
        JsonNode entry = header.get(tensor);
        if (entry == null) {
            throw new IllegalArgumentException("no golden tensor " + tensor);
        }
        return entry;
    }
}
