package dev.pando.data.step;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.data.recipe.Recipe.StepSpec;
import dev.pando.data.rules.Filter.Reason;
import java.util.List;
import java.util.Optional;

/// Keeps documents under the licenses that a recipe names; `?` stands for those of which none is known.
public final class LicenseStep implements Step {
    private final List<String> keep;

    public LicenseStep(StepSpec spec) {
        keep = spec.list("keep");
        if (keep.isEmpty()) {
            throw spec.wrong("keep", "must name at least one license, such as MIT, or ?");
        }
    }

    @Override
    public Optional<Reason> look(ObjectNode document) {
        String license = document.path("license").asText("?");
        return keep.contains(license) ? Optional.empty() : Optional.of(new Reason("license " + license, 1, 0));
    }
}
