package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.document.JsonLines;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import dev.pando.data.score.Classifier;
import dev.pando.training.data.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Optional;

/// Writes what a classifier says of a document into `scores`, and removes it where that is out of bounds.
///
/// With `high` above `low` it also sorts documents into `quality`: high, moderate, low.
public final class ScoreStep implements Step {
    private final Classifier classifier;
    private final String name;
    private final double least;
    private final double most;
    private final double low;
    private final double high;
    private final String digest;

    public ScoreStep(StepSpec spec) {
        Path model = Path.of(spec.text("model"));
        name = spec.text("name");
        if (name.isEmpty()) {
            throw spec.wrong("name", "must say what the score is called, such as toxic");
        }
        least = spec.number("least");
        most = spec.number("most");
        low = spec.number("low");
        high = spec.number("high");
        if (low > high) {
            throw spec.wrong("low", "must not be above high");
        }
        if (!Files.isRegularFile(model)) {
            throw spec.wrong("model", "names " + model + ", which is no file: ./pando data train-classifier makes one");
        }
        classifier = Classifier.load(model);
        try {
            digest =
                    new Digest("model")
                            .add(HexFormat.of().formatHex(Digest.sha256().digest(Files.readAllBytes(model))))
                            .hex();
        } catch (IOException e) {
            throw spec.wrong("model", "names " + model + ", which cannot be read: " + JsonLines.reason(e));
        }
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        double score = classifier.score(Step.text(document));
        ObjectNode scores = document.withObjectProperty("scores");
        scores.put(name, score);
        if (high > low) {
            document.put("quality", score >= high ? "high" : score >= low ? "moderate" : "low");
        }
        if (score < least) {
            return Optional.of(new Reason(name, score, least));
        }
        return score > most ? Optional.of(new Reason(name, score, most)) : Optional.empty();
    }

    @Override
    public String resources() {
        return digest;
    }
}
