package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.rules.Filter.Reason;
import java.util.Optional;

/// Looks at one document at a time: may add to it, change it, or say why it must go.
///
/// Called by several threads at once, so an implementation holds nothing that changes.
@FunctionalInterface
public interface Step {
    /// The reason to remove a document, with the value that was measured and its limit; empty where it is kept.
    Optional<Reason> look(ObjectNode document);

    /// Digest of what a step reads beside its keys, such as a list of words: where it changes, the step is done again.
    default String resources() {
        return "";
    }

    static String text(ObjectNode document) {
        return document.path("text").asText();
    }
}
