package dev.pando.runtime.folder;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// A file of JSON objects, one a line, that only grows; a line torn by a sudden death is dropped when it is opened
/// again.
final class Lines implements AutoCloseable {
    /// JSON has no word for what is no number: it is null.
    private static final JsonSerializer<Double> NUMBER =
            new JsonSerializer<>() {
                @Override
                public void serialize(Double value, JsonGenerator out, SerializerProvider provider) throws IOException {
                    if (Double.isNaN(value)) {
                        out.writeNull();
                    } else {
                        out.writeNumber(value);
                    }
                }
            };

    static final JsonMapper JSON =
            JsonMapper.builder()
                    .addModule(
                            new SimpleModule().addSerializer(Double.class, NUMBER).addSerializer(double.class, NUMBER))
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    private final Path file;
    private FileChannel channel;

    private Lines(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    static Lines append(Path file) {
        try {
            FileChannel channel =
                    FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel.truncate(wholeLines(Files.readAllBytes(file)));
            channel.position(channel.size());
            return new Lines(file, channel);
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    /// The same in a new file: a process that has the old one of this name open writes into the void.
    static Lines renew(Path file) {
        Lines lines = append(file);
        lines.keep(line -> true);
        return lines;
    }

    /// All whole lines of a file; none if there is no file. Lines that are no JSON object are passed over.
    static List<JsonNode> read(Path file) {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            List<JsonNode> objects = new ArrayList<>();
            byte[] bytes = Files.readAllBytes(file);
            for (String line : new String(bytes, 0, wholeLines(bytes), StandardCharsets.UTF_8).split("\n")) {
                parse(line, objects);
            }
            return objects;
        } catch (IOException failed) {
            throw new UncheckedIOException(file + " cannot be read", failed);
        }
    }

    void add(Object line) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    /// Keeps the lines that fit, in one act: a reader sees the file as it was, or as it is to be.
    void keep(Predicate<JsonNode> fits) {
        become(read(file).stream().filter(fits).toList());
    }

    /// Changes every line, in one act.
    void change(Consumer<ObjectNode> how) {
        List<JsonNode> lines = read(file);
        lines.forEach(line -> how.accept((ObjectNode) line));
        become(lines);
    }

    private void become(List<JsonNode> lines) {
        StringBuilder kept = new StringBuilder();
        lines.forEach(line -> kept.append(line).append('\n'));
        try {
            channel.close();
            replace(file, kept.toString());
            channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    /// Writes a whole file, in one act.
    static void replace(Path file, String text) {
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        try {
            try (FileChannel channel =
                    FileChannel.open(
                            draft,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failed) {
            throw notWritten(file, failed);
        }
    }

    private static int wholeLines(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private static void parse(String line, List<JsonNode> into) {
        try {
            JsonNode node = JSON.readTree(line);
            if (node.isObject()) {
                into.add(node);
            }
        } catch (JsonProcessingException damaged) {
            // a block of a full disk or of a power cut: what is left of the file is worth having
        }
    }

    private static UserError notWritten(Path file, IOException failed) {
        return UserError.failed("cannot write " + file + ": " + RunFolder.reason(failed), failed);
    }
}
