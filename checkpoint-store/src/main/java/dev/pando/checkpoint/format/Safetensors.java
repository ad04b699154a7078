package dev.pando.checkpoint.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pando.checkpoint.io.Disk;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Headers of safetensors files: eight bytes of length, then JSON that says which tensor lies where.
///
/// What we write begins its data at a multiple of 64 bytes. The format knows no gaps, so a tensor of an odd size is
/// followed by a filler tensor of bytes.
public final class Safetensors {
    public static final int ALIGNMENT = 64;

    /// The format's own limit, against files that would have us allocate anything.
    static final long MAX_HEADER = 100_000_000;

    static final String FILLER = "__filler__.";

    private static final ObjectMapper JSON = new ObjectMapper();

    private Safetensors() {}

    /// @param offset of its first byte in the file
    public record Entry(String name, Dtype dtype, List<Long> shape, long offset, long bytes) {}

    /// @param bytes of the header, its length included: where data begins
    public record Header(SortedMap<String, String> metadata, List<Entry> entries, long bytes, long fileBytes) {}

    /// What shall be written: a tensor without its place.
    public record Item(String name, Dtype dtype, List<Long> shape) {
        long bytes() {
            return Shapes.elements(shape) * dtype.bytes();
        }
    }

    /// The header's bytes, ready to write.
    ///
    /// @param aligned whether fillers keep every tensor at a multiple of 64 bytes
    public static byte[] encode(SortedMap<String, String> metadata, List<Item> items, boolean aligned) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart("__metadata__");
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long at = 0;
            for (Item item : items) {
                write(json, item, at);
                at += item.bytes();
                long filler = aligned ? gap(at) : 0;
                if (filler > 0) {
                    write(json, new Item(FILLER + at, Dtype.U8, List.of(filler)), at);
                    at += filler;
                }
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new AssertionError("writing to a string", impossible);
        }
        return frame(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] frame(byte[] text) {
        int length = Math.toIntExact(text.length + gap(8 + text.length));
        byte[] header = new byte[8 + length];
        Arrays.fill(header, (byte) ' ');
        ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(text);
        return header;
    }

    private static void write(JsonGenerator json, Item item, long begin) throws IOException {
        json.writeObjectFieldStart(item.name);
        json.writeStringField("dtype", item.dtype.name());
        json.writeArrayFieldStart("shape");
        for (long dimension : item.shape) {
            json.writeNumber(dimension);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("data_offsets");
        json.writeNumber(begin);
        json.writeNumber(begin + item.bytes());
        json.writeEndArray();
        json.writeEndObject();
    }

    /// Bytes from there to the next multiple of 64.
    public static long gap(long at) {
        return Math.ceilDiv(at, ALIGNMENT) * (long) ALIGNMENT - at;
    }

    /// Reads and checks the header of a file, ours or another's. Entries come in the order of their bytes.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws IllegalArgumentException saying in what way it is no safetensors file
    public static Header read(Disk.Input file) throws IOException {
        long size = file.bytes();
        require(size >= 8, "is too short");
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        file.read(length, 0);
        long headerBytes = length.getLong(0);
        require(
                headerBytes >= 2 && headerBytes <= MAX_HEADER && headerBytes <= size - 8,
                "has a header of impossible size");
        ByteBuffer text = ByteBuffer.allocate((int) headerBytes);
        file.read(text, 8);
        return parse(text.array(), size);
    }

    private static Header parse(byte[] text, long fileBytes) throws IOException {
        JsonNode tree;
        try {
            tree = JSON.readTree(text);
        } catch (IOException wrong) {
            throw new IllegalArgumentException("has a header that is no JSON", wrong);
        }
        require(tree.isObject(), "has a header that is no JSON object");
        SortedMap<String, String> metadata = new TreeMap<>();
        tree.path("__metadata__").properties().forEach(each -> metadata.put(each.getKey(), each.getValue().asText()));
        List<Entry> entries = new ArrayList<>();
        for (Map.Entry<String, JsonNode> each : tree.properties()) {
            if (!each.getKey().equals("__metadata__")) {
                entries.add(entry(each.getKey(), each.getValue(), 8L + text.length));
            }
        }
        entries.sort(Comparator.comparingLong(Entry::offset).thenComparingLong(Entry::bytes));
        long next = 8L + text.length;
        for (Entry entry : entries) {
            require(entry.offset == next, "has a gap or an overlap at tensor " + entry.name);
            next += entry.bytes;
        }
        require(next == fileBytes, "has " + fileBytes + " bytes where its header asks for " + next);
        return new Header(metadata, List.copyOf(entries), 8L + text.length, fileBytes);
    }

    private static Entry entry(String name, JsonNode node, long base) {
        Dtype dtype;
        try {
            dtype = Dtype.valueOf(node.path("dtype").asText());
        } catch (IllegalArgumentException unknown) {
            throw new IllegalArgumentException(
                    "holds " + name + " in an unknown type " + node.path("dtype").asText(), unknown);
        }
        List<Long> shape = new ArrayList<>();
        node.path("shape").forEach(dimension -> shape.add(dimension.asLong(-1)));
        long begin = node.path("data_offsets").path(0).asLong(-1);
        long end = node.path("data_offsets").path(1).asLong(-1);
        require(begin >= 0 && end >= begin, "holds " + name + " at an impossible place");
        long bytes = Shapes.elements(shape) * dtype.bytes();
        require(bytes == end - begin, "holds " + name + " with " + (end - begin) + " bytes, not " + bytes);
        return new Entry(name, dtype, List.copyOf(shape), base + begin, bytes);
    }

    private static void require(boolean holds, String fault) {
        if (!holds) {
            throw new IllegalArgumentException(fault);
        }
    }
}
