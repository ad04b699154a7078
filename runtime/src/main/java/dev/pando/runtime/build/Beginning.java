package dev.pando.runtime.build;

import dev.pando.checkpoint.huggingface.ModelDirectory;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.step.Trainer;
import dev.pando.training.step.TrainerState.Span;
import dev.pando.training.tensor.TensorTable;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/// Lets a run begin with the weights of a model that came from elsewhere: every replica reads them when it is built, so
/// that a fresh replica holds the state after no step, as ever.
final class Beginning {
    private Beginning() {}

    /// Refuses a model of another shape than the job's, before anything is begun.
    static void check(Path model, Settings settings) {
        ModelConfig theirs = ModelDirectory.open(model).config();
        ModelConfig ours = settings.model().shape();
        for (RecordComponent component : ModelConfig.class.getRecordComponents()) {
            Object there = value(component, theirs);
            Object here = value(component, ours);
            if (!Objects.equals(there, here)) {
                throw new UserError(
                        "pando.job.model."
                                + component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT)
                                + " is "
                                + here
                                + " and "
                                + there
                                + " in "
                                + model
                                + "; begin with --from "
                                + model
                                + ", which takes its shape over");
            }
        }
    }

    private static Object value(RecordComponent component, ModelConfig config) {
        try {
            return component.getAccessor().invoke(config);
        } catch (ReflectiveOperationException impossible) {
            throw new LinkageError("a public record answers for its components", impossible);
        }
    }

    /// Fills a fresh replica's weights; its moments stay zero.
    static void load(Path model, Settings settings, Trainer trainer) {
        check(model, settings);
        Set<String> weights = new HashSet<>(trainer.table().entries().stream().map(TensorTable.Entry::name).toList());
        Stream<Span> spans = trainer.state().spans().stream().filter(span -> weights.contains(span.name()));
        ModelDirectory.open(model).load(spans.toList());
    }
}
