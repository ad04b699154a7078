package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.pando.runtime.cluster.BootstrapDecision.Answer;
import dev.pando.runtime.cluster.BootstrapDecision.Verdict;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Brings nodes together that only [Discovery] tells of each other: each asks all others at their control ports, and
/// answers there what it sees itself, until [BootstrapDecision] knows what to do. That may take as long as it takes.
final class ClusterBootstrap implements RequestHandler {
    private static final int ANSWER_MS = 5_000;
    private static final long BETWEEN_ROUNDS_MS = 500;

    private final String own;
    private final Discovery discovery;
    private final BootstrapDecision founding;
    private final Consumer<String> news;
    private volatile SortedSet<String> seen = new TreeSet<>();
    private volatile String waitsFor = "discovery";

    /// @param own `address:port` of this node's control port
    /// @param news hears, whenever that changes, what the node waits for
    ClusterBootstrap(String own, Discovery discovery, int required, Consumer<String> news) {
        this.own = own;
        this.discovery = discovery;
        this.founding = new BootstrapDecision(own, required);
        this.news = news;
    }

    /// Blocks until a grove is found, or is to be founded.
    ///
    /// @param over ends the search
    /// @return addresses of actor systems to join; none: this node founds the grove
    List<String> seeds(CountDownLatch over) {
        while (true) {
            switch (round()) {
                case Verdict.Join(List<String> systems) -> {
                    return systems;
                }
                case Verdict.Found() -> {
                    return List.of();
                }
                case Verdict.Wait(String sentence) -> waitFor(sentence, over);
            }
        }
    }

    private Verdict round() {
        try {
            SortedSet<String> now = Collections.unmodifiableSortedSet(discovery.nodes());
            seen = now;
            return founding.decide(now, answers(now));
        } catch (IOException unknown) {
            return new Verdict.Wait("discovery does not work: " + unknown.getMessage());
        }
    }

    private void waitFor(String sentence, CountDownLatch over) {
        if (!sentence.equals(waitsFor)) {
            waitsFor = sentence;
            news.accept(sentence);
        }
        try {
            if (!over.await(BETWEEN_ROUNDS_MS, TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        throw new UserError("no grove was found before the node was ended: " + sentence);
    }

    /// All are asked at once: a slow one delays only its own answer.
    private SortedMap<String, Answer> answers(SortedSet<String> nodes) {
        SortedMap<String, FutureTask<Answer>> asked = new TreeMap<>();
        for (String node : nodes) {
            if (!node.equals(own)) {
                FutureTask<Answer> answer = new FutureTask<>(() -> answer(node));
                asked.put(node, answer);
                Thread.ofVirtual().name("pando-meeting-" + node).start(answer);
            }
        }
        SortedMap<String, Answer> answers = new TreeMap<>();
        asked.forEach((node, answer) -> answers.put(node, heard(node, answer)));
        return answers;
    }

    private static Answer heard(String node, FutureTask<Answer> answer) {
        try {
            return answer.get();
        } catch (ExecutionException broken) {
            return new Answer.Silent("the node at " + node + " cannot be asked: " + broken.getCause());
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
            return new Answer.Silent("the wait for the node at " + node + " was interrupted");
        }
    }

    private static Answer answer(String node) {
        try {
            JsonNode[] said = new JsonNode[1];
            ControlClient.ask(
                    node,
                    ControlProtocol.ask("meet"),
                    ANSWER_MS,
                    answer -> {
                        said[0] = answer;
                        return false;
                    });
            if (said[0] != null && said[0].has("where")) {
                return new Answer.Member(said[0].get("where").asText());
            }
            if (said[0] != null && said[0].has("sees")) {
                SortedSet<String> sees = new TreeSet<>();
                said[0].get("sees").forEach(other -> sees.add(other.asText()));
                return new Answer.Waiting(sees);
            }
            return new Answer.Silent("the node at " + node + " does not say what it sees");
        } catch (ControlClient.Unanswered | UserError silent) {
            return new Answer.Silent(silent.getMessage());
        }
    }

    /// Answers for a node that is in no grove yet.
    @Override
    public void answer(JsonNode question, ResponseStream answers) throws IOException {
        if (question.path("ask").asText().equals("meet")) {
            answers.tell("sees", seen);
        } else {
            answers.tell(ResponseStream.UNAVAILABLE, "it is in no grove yet, and waits: " + waitsFor);
        }
    }
}
