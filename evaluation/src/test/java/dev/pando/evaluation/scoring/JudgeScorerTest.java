package dev.pando.evaluation.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpServer;
import dev.pando.evaluation.data.Row;
import dev.pando.evaluation.data.Template;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The oracle is a judge of a few lines behind the OpenAI protocol, whose verdicts a reader can follow.
class JudgeScorerTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Pattern RATING = Pattern.compile("\\[\\[(\\d+(?:\\.\\d+)?)\\]\\]");
    private static final Pattern WINNER = Pattern.compile("\\[\\[([ABC])\\]\\]");

    private final List<JsonNode> requests = Collections.synchronizedList(new ArrayList<>());
    private final Row row =
            new Row(JsonNodeFactory.instance.objectNode().put("question", "Why?").put("output", "other"), "here");
    private HttpServer server;
    private volatile UnaryOperator<String> verdict = _ -> "";
    private final AtomicInteger failing = new AtomicInteger();

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/v1/chat/completions",
                exchange -> {
                    JsonNode request = JSON.readTree(exchange.getRequestBody());
                    requests.add(request);
                    boolean fails = failing.getAndDecrement() > 0;
                    String said = verdict.apply(request.at("/messages/0/content").asText());
                    byte[] body =
                            JSON.writeValueAsString(
                                            Map.of("choices", List.of(Map.of("message", Map.of("content", said)))))
                                    .getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(fails ? 503 : 200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    @Test
    void shouldDivideTheLastRatingByTheBest() {
        verdict = prompt -> prompt.equals("Why? because") ? "Not [[2]], rather [[7.5]]." : "";

        Verdict rated = rating().score(answer("because"));

        assertThat(rated.score()).isEqualTo(0.75);
        assertThat(rated.metrics()).containsEntry("judged", 1.0);
        assertThat(requests.getFirst().get("model").asText()).isEqualTo("judge");
        assertThat(requests.getFirst().get("temperature").asInt()).isZero();
    }

    @Test
    void shouldGiveATieToAJudgeThatPrefersAPlace() {
        verdict = _ -> "the first, [[A]]";

        assertThat(comparison().score(answer("mine")).score()).isEqualTo(0.5);
        assertThat(requests.stream().map(each -> each.at("/messages/0/content").asText()))
                .containsExactly("mine|other", "other|mine");
    }

    @Test
    void shouldCountAWinInBothOrders() {
        verdict = prompt -> prompt.startsWith("mine") ? "[[A]]" : "[[B]]";
        assertThat(comparison().score(answer("mine")).score()).isEqualTo(1);

        verdict = prompt -> prompt.startsWith("mine") ? "[[B]]" : "[[C]]";
        assertThat(comparison().score(answer("mine")).score()).isEqualTo(0.25);
    }

    @Test
    void shouldSayWhereTheJudgeGaveNoVerdict() {
        verdict = _ -> "I would rather not.";

        Verdict none = rating().score(answer("because"));

        assertThat(none.score()).isZero();
        assertThat(none.metrics()).containsEntry("judged", 0.0);
        assertThat(none.why()).isEqualTo("the judge gave no verdict that can be read");
    }

    @Test
    void shouldAskAgainWhileTheJudgeIsBusyAndSayThatItDoesNotAnswer() {
        verdict = _ -> "[[10]]";
        failing.set(2);
        assertThat(rating().score(answer("because")).score()).isEqualTo(1);

        failing.set(3);
        assertThatThrownBy(() -> rating().score(answer("because")))
                .hasMessageContaining("does not answer (status 503")
                .hasMessageContaining("resumes here");
    }

    @Test
    void shouldNameWhatIsMissingInTheEnvironment() {
        assertThatThrownBy(() -> Judge.of(Map.of(Judge.URL, "http://localhost:1/v1")))
                .hasMessageContaining("set PANDO_JUDGE_URL to an endpoint")
                .hasMessageContaining("PANDO_JUDGE_MODEL");
        assertThatThrownBy(() -> Judge.of(Map.of(Judge.URL, "no address", Judge.MODEL, "m")))
                .hasMessageContaining("PANDO_JUDGE_URL is no address");
        assertThat(Judge.of(Map.of(Judge.URL, "http://localhost:1/v1/", Judge.MODEL, "m")).url())
                .isEqualTo(URI.create("http://localhost:1/v1"));
    }

    private JudgeScorer rating() {
        return new JudgeScorer(this::judge, Template.of("{{question}} {{answer}}"), RATING, 10, Optional.empty());
    }

    private JudgeScorer comparison() {
        return new JudgeScorer(
                this::judge, Template.of("{{first}}|{{second}}"), WINNER, 10, Optional.of(Template.of("{{output}}")));
    }

    private Judge judge() {
        return new Judge(URI.create("http://localhost:" + server.getAddress().getPort() + "/v1"), "judge", "key");
    }

    private Answer answer(String text) {
        return new Answer(text, text, List.of(), row);
    }
}
