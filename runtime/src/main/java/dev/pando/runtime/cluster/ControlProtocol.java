package dev.pando.runtime.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.runtime.settings.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/// The words in which people's commands and nodes talk: one JSON object a line, and a line has a limit.
public final class ControlProtocol {
    static final JsonMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    private static final String ASK = "ask";
    private static final int LONGEST_LINE = 1 << 20;

    /// What was said is not JSON, not a question, or too long.
    static final class Garbled extends IOException {
        private static final long serialVersionUID = 1L;

        Garbled(String sentence) {
            super(sentence);
        }
    }

    private ControlProtocol() {}

    /// A question of a kind; what else it says is put into it.
    public static ObjectNode ask(String kind) {
        return JSON.createObjectNode().put(ASK, kind);
    }

    /// A record that has travelled.
    public static <T> T read(JsonNode said, Class<T> type) {
        try {
            return JSON.treeToValue(said, type);
        } catch (JsonProcessingException other) {
            throw new UserError("the node's answer is of another version of Pando: " + other.getMessage(), other);
        }
    }

    static JsonNode question(InputStream input, int first) throws IOException {
        JsonNode question = line(input, first);
        if (question == null || !question.path(ASK).isTextual()) {
            throw new Garbled("it has no \"ask\"");
        }
        return question;
    }

    /// The next line; null at the end.
    static JsonNode line(InputStream input, int first) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = first; next != '\n'; next = input.read()) {
            if (next < 0) {
                return null; // a torn line says nothing
            }
            if (line.size() == LONGEST_LINE) {
                throw new Garbled("its line is longer than " + LONGEST_LINE + " bytes");
            }
            line.write(next);
        }
        try {
            JsonNode said = JSON.readTree(line.toString(StandardCharsets.UTF_8));
            if (!said.isObject()) {
                throw new Garbled("it is no JSON object");
            }
            return said;
        } catch (JsonProcessingException garbled) {
            throw new Garbled("it is not JSON");
        }
    }

    static byte[] line(Object said) throws IOException {
        return (JSON.writeValueAsString(said) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
