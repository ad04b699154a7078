package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter;
import dev.pando.data.rules.Filter.Reason;
import dev.pando.data.rules.RuleBook;
import java.util.Optional;

/// Removes documents that break a rule of Gopher, C4, FineWeb or of characters.
public final class RulesStep implements Step {
    private final Filter filter;
    private final boolean values;

    public RulesStep(StepSpec spec) {
        values = spec.is("values");
        filter =
                new Filter(
                        RuleBook.of(
                                ConfigFactory.empty()
                                        .withValue("pando.data.rules", spec.config().withoutPath("values").root())));
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        String text = Step.text(document);
        if (values) {
            document.set("rules", filter.values(text));
        }
        return filter.reason(text);
    }
}
