package dev.pando.evaluation.scoring;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.evaluation.data.EvaluationException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/// A language model that says how good answers are, behind any endpoint that speaks the OpenAI protocol. Thread-safe.
///
/// @param url of the API, such as `http://localhost:8000/v1`
/// @param model by which the endpoint calls it
/// @param key sent as a bearer token; empty: none
public record Judge(URI url, String model, String key) {
    static final String URL = "PANDO_JUDGE_URL";
    static final String MODEL = "PANDO_JUDGE_MODEL";
    static final String KEY = "PANDO_JUDGE_KEY";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int TRIES = 3;

    /// The judge that the environment names.
    ///
    /// @throws EvaluationException if it names none
    static Judge of(Map<String, String> environment) {
        String url = environment.getOrDefault(URL, "");
        String model = environment.getOrDefault(MODEL, "");
        if (url.isBlank() || model.isBlank()) {
            throw new EvaluationException(
                    "a judge is needed: set "
                            + URL
                            + " to an endpoint of the OpenAI protocol, such as http://localhost:8000/v1, "
                            + MODEL
                            + " to the model's name there, and "
                            + KEY
                            + " where it wants a key");
        }
        try {
            return new Judge(URI.create(url.strip().replaceFirst("/+$", "")), model, environment.getOrDefault(KEY, ""));
        } catch (IllegalArgumentException wrong) {
            throw new EvaluationException(URL + " is no address: " + wrong.getMessage(), wrong);
        }
    }

    /// What the judge writes to a prompt, at temperature 0.
    ///
    /// @throws EvaluationException if it does not answer; what it would have judged is kept
    String ask(String prompt) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + "/chat/completions"))
                        .timeout(PATIENCE)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body(prompt)));
        if (!key.isEmpty()) {
            request.header("Authorization", "Bearer " + key);
        }
        String why = "";
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            for (int tries = 0; tries < TRIES; tries++) {
                try {
                    HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
                    if (response.statusCode() == 200) {
                        return content(response.body());
                    }
                    why = "status " + response.statusCode() + " " + beginning(response.body());
                    if (response.statusCode() / 100 == 4 && response.statusCode() != 429) {
                        break; // the same question would be refused again
                    }
                } catch (IOException failed) {
                    why = failed.getClass().getSimpleName() + ": " + failed.getMessage();
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new EvaluationException("the evaluation was interrupted while the judge was asked", stopped);
        }
        throw new EvaluationException(
                "the judge "
                        + model
                        + " at "
                        + url
                        + " does not answer ("
                        + why.strip()
                        + "); the same command with --items resumes here");
    }

    private String body(String prompt) {
        ObjectNode body = JSON.createObjectNode();
        body.put("model", model).put("temperature", 0);
        body.putArray("messages").addObject().put("role", "user").put("content", prompt);
        return body.toString();
    }

    private String content(String body) {
        try {
            JsonNode content = JSON.readTree(body).at("/choices/0/message/content");
            if (content.isTextual()) {
                return content.asText();
            }
        } catch (JsonProcessingException wrong) {
            // said below
        }
        throw new EvaluationException(
                "the judge at " + url + " answers with what is no completion: " + beginning(body));
    }

    private static String beginning(String text) {
        return text.substring(0, Math.min(200, text.length())).replaceAll("\\s+", " ");
    }
}
