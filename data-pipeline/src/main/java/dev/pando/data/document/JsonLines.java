package dev.pando.data.document;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// Reads and writes files of one JSON object a line, packed or not.
public final class JsonLines {
    /// A longer line is left out: it is a mistake more often than a document, and would not fit into memory.
    public static final int LONGEST_LINE = 64 << 20;

    private static final JsonMapper JSON =
            JsonMapper.builder(
                            JsonFactory.builder()
                                    .streamReadConstraints(
                                            StreamReadConstraints.builder()
                                                    .maxStringLength(LONGEST_LINE)
                                                    .maxNestingDepth(200)
                                                    .build())
                                    .streamWriteConstraints(
                                            StreamWriteConstraints.builder().maxNestingDepth(200).build())
                                    .build())
                    .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                    .build();

    private static final ObjectReader OBJECT = JSON.readerFor(JsonNode.class);

    private JsonLines() {}

    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /// Any JSON value.
    public static JsonNode value(String json) {
        try {
            return OBJECT.readTree(json);
        } catch (JsonProcessingException e) {
            throw new PipelineException("no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /// Text that UTF-8 can hold: halves of surrogate pairs become U+FFFD.
    public static String sound(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                boolean pair =
                        Character.isHighSurrogate(c)
                                && i + 1 < text.length()
                                && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    return mended(text);
                }
                i++;
            }
        }
        return text;
    }

    private static String mended(String text) {
        StringBuilder sound = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? 0xfffd : point)
                .forEach(sound::appendCodePoint);
        return sound.toString();
    }

    /// One object as the bytes of a line, its break included.
    public static byte[] line(ObjectNode object) {
        try {
            return line(JSON.writeValueAsBytes(object));
        } catch (JsonProcessingException surrogates) {
            mend(object);
        }
        try {
            return line(JSON.writeValueAsBytes(object));
        } catch (JsonProcessingException e) {
            throw new PipelineException("cannot write an object as JSON: " + e.getOriginalMessage(), e);
        }
    }

    /// One object as a person reads it.
    public static byte[] pretty(ObjectNode object) {
        try {
            mend(object);
            return line(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(object));
        } catch (JsonProcessingException e) {
            throw new PipelineException("cannot write an object as JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static byte[] line(byte[] json) {
        byte[] line = Arrays.copyOf(json, json.length + 1);
        line[json.length] = '\n';
        return line;
    }

    /// Makes all strings right under an object sound; says whether any was not.
    private static boolean mend(ObjectNode object) {
        boolean any = false;
        for (Map.Entry<String, JsonNode> field : object.properties()) {
            if (field.getValue().isTextual()) {
                String text = field.getValue().textValue();
                String sound = sound(text);
                if (!sound.equals(text)) {
                    any = true;
                    field.setValue(TextNode.valueOf(sound));
                }
            } else if (field.getValue() instanceof ObjectNode inner) {
                any |= mend(inner);
            }
        }
        return any;
    }

    /// The objects of a file, one after the other; what is no object is counted and left out.
    public static final class Reader implements Closeable {
        private final Path file;
        private final Troubles troubles;
        private final InputStream in;
        private final byte[] buffer = new byte[1 << 16];
        private int at;
        private int limit;
        private long line;
        private boolean ended;

        public Reader(Path file, Troubles troubles) throws IOException {
            this.file = file;
            this.troubles = troubles;
            InputStream opened;
            try {
                opened = Packed.open(file);
            } catch (EOFException e) {
                troubles.add("truncated file", file.toString());
                opened = InputStream.nullInputStream();
            }
            in = opened;
        }

        /// Number of the line that was read last, from 1.
        public long line() {
            return line;
        }

        public Optional<ObjectNode> next() {
            while (!ended) {
                byte[] bytes = nextLine();
                if (bytes == null) {
                    continue;
                }
                line++;
                if (bytes.length == 0 || isBlank(bytes)) {
                    continue;
                }
                try {
                    JsonNode node = OBJECT.readTree(bytes);
                    if (node instanceof ObjectNode object) {
                        if (mend(object)) {
                            troubles.add("half of a surrogate pair, replaced", where());
                        }
                        return Optional.of(object);
                    }
                    troubles.add("no JSON object", where());
                } catch (IOException e) {
                    troubles.add("broken JSON", where());
                }
            }
            return Optional.empty();
        }

        private String where() {
            return file + ":" + line;
        }

        /// Null at the end, or where a line was too long.
        private byte[] nextLine() {
            ByteArrayOutputStream line = new ByteArrayOutputStream(256);
            boolean tooLong = false;
            while (true) {
                if (at == limit && !fill()) {
                    ended = true;
                    boolean nothing = line.size() == 0 && !tooLong;
                    return nothing ? null : finish(line, tooLong);
                }
                int from = at;
                while (at < limit && buffer[at] != '\n') {
                    at++;
                }
                tooLong |= line.size() + at - from > LONGEST_LINE;
                if (!tooLong) {
                    line.write(buffer, from, at - from);
                }
                if (at < limit) {
                    at++;
                    return finish(line, tooLong);
                }
            }
        }

        private byte[] finish(ByteArrayOutputStream bytes, boolean tooLong) {
            if (tooLong) {
                line++;
                troubles.add("line over " + (LONGEST_LINE >> 20) + " MiB", where());
                return null;
            }
            return bytes.toByteArray();
        }

        private boolean fill() {
            try {
                at = 0;
                limit = Math.max(0, in.read(buffer));
            } catch (IOException e) {
                limit = 0;
                troubles.add(
                        e instanceof EOFException ? "truncated file" : "damaged file", file + " after line " + line);
            }
            return limit > 0;
        }

        private static boolean isBlank(byte[] bytes) {
            for (byte b : bytes) {
                if (b != ' ' && b != '\t' && b != '\r') {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /// Writes objects to a file that appears under its name when all are written, or not at all.
    public static final class Writer implements Closeable {
        private final Path file;
        private final Path part;
        private final OutputStream out;
        private boolean finished;

        public Writer(Path file) {
            this.file = file;
            Path folder = file.toAbsolutePath().getParent();
            part = folder.resolve("." + file.getFileName() + ".part");
            try {
                Files.createDirectories(folder);
                out = Packed.packing(Files.newOutputStream(part), file.getFileName().toString());
            } catch (IOException e) {
                throw cannot(e);
            }
        }

        public void write(ObjectNode object) {
            write(line(object));
        }

        /// Lines that are bytes already.
        public void write(byte[] lines) {
            try {
                out.write(lines);
            } catch (IOException e) {
                throw cannot(e);
            }
        }

        /// Publishes the file.
        public void finish() {
            try {
                out.close();
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                finished = true;
            } catch (IOException e) {
                throw cannot(e);
            }
        }

        @Override
        public void close() {
            if (!finished) {
                try {
                    out.close();
                    Files.deleteIfExists(part);
                } catch (IOException e) {
                    throw cannot(e);
                }
            }
        }

        private PipelineException cannot(IOException e) {
            return new PipelineException("cannot write " + file + ": " + reason(e), e);
        }
    }

    /// Why something failed, in words that fit into a sentence.
    public static String reason(IOException e) {
        if (e instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        if (e instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
}
