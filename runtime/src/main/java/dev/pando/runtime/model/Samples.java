package dev.pando.runtime.model;

import dev.pando.runtime.folder.SampleLine;
import dev.pando.runtime.settings.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the model of a finished run makes of its config's prompts. The run is over and sound, whatever becomes of this.
public final class Samples {
    private static final Logger LOG = LoggerFactory.getLogger(Samples.class);

    private Samples() {}

    public static List<SampleLine> of(Path run, Settings settings) {
        List<SampleLine> samples = new ArrayList<>();
        if (settings.sample().prompts().isEmpty()) {
            return samples;
        }
        try (TrainedModel model = TrainedModel.open(run)) {
            for (String prompt : settings.sample().prompts()) {
                samples.add(new SampleLine(prompt, model.generate(prompt, settings.sample(), piece -> {})));
            }
        } catch (RuntimeException failed) {
            LOG.warn("job {} has no samples", settings.name(), failed);
        }
        return samples;
    }
}
