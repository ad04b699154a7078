package dev.pando.runtime.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/// Answers what a node is asked at its [ControlPort], each question on a separate virtual thread.
@FunctionalInterface
public interface RequestHandler {
    /// There is no answer now; there may be one later, or at another node.
    final class Unavailable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String sentence, Throwable cause) {
            super(sentence, cause);
        }
    }

    /// Returns when there is nothing more to say. What it throws as a user's error is told as a refusal.
    void answer(JsonNode question, ResponseStream answers) throws IOException;
}
