package dev.pando.diagnosis.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.diagnosis.DiagnosisException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/// A model behind any endpoint that speaks OpenAI's chat protocol: a hosted one, vLLM, llama.cpp, `./pando serve`.
///
/// An answer that does not come in time, or with another status than 200, does not count.
public final class OpenAiModel implements ChatModel {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int TOKENS = 600;
    private static final double TEMPERATURE = 0.7;

    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final URI endpoint;
    private final String name;
    private final Optional<String> key;
    private final Duration patience;

    /// @param base as in `http://localhost:8000/v1`
    /// @param key sent as a bearer token
    public OpenAiModel(String base, String name, Optional<String> key) {
        this(base, name, key, PATIENCE);
    }

    OpenAiModel(String base, String name, Optional<String> key, Duration patience) {
        try {
            URI uri = URI.create(base.replaceAll("/+$", "") + "/chat/completions");
            if (uri.getHost() == null || !uri.getScheme().startsWith("http")) {
                throw new IllegalArgumentException(base);
            }
            this.endpoint = uri;
        } catch (IllegalArgumentException e) {
            throw new DiagnosisException(
                    "\"" + base + "\" is no address of a model; write one such as http://localhost:8000/v1", e);
        }
        this.name = name;
        this.key = key;
        this.patience = patience;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<String> answer(String prompt, int sample) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(endpoint)
                        .timeout(patience)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body(prompt, sample)));
        key.ifPresent(token -> request.header("Authorization", "Bearer " + token));
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return response.statusCode() == 200
                    ? Optional.ofNullable(
                            JSON.readTree(response.body())
                                    .path("choices")
                                    .path(0)
                                    .path("message")
                                    .path("content")
                                    .textValue())
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // nobody there, too late, or no JSON
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private String body(String prompt, int sample) {
        ObjectNode body = JSON.createObjectNode();
        body.put("model", name).put("temperature", TEMPERATURE).put("max_tokens", TOKENS).put("seed", sample);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        try {
            return JSON.writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
