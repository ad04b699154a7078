package dev.pando.runtime.model;

import dev.pando.actors.job.JobEvent;
import dev.pando.checkpoint.Inspection;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.report.Version;
import dev.pando.runtime.settings.Settings;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelTensors;
import dev.pando.training.optimizer.Recipe;
import java.util.List;
import java.util.Locale;

/// Says in Markdown what a released model is and how it came about, from nothing but the files of its run.
final class ModelCard {
    private final StringBuilder text = new StringBuilder();

    private ModelCard() {}

    static String of(Release release, Inspection checkpoint) {
        List<StepLine> steps =
                StepLine.read(release.run()).stream().filter(step -> step.step() < checkpoint.step()).toList();
        List<JobEvent> events = EventLine.read(release.run()).stream().map(EventLine::event).toList();
        ModelCard card = new ModelCard();
        card.head(release, checkpoint.step());
        card.shape(release.settings().model().shape(), release, checkpoint.step());
        if (checkpoint.step() > 0) {
            card.training(release.settings(), checkpoint, steps);
            card.course(events, steps);
        }
        card.again(release.settings());
        return card.text.toString();
    }

    private void head(Release release, long steps) {
        line("---");
        line("library_name: transformers");
        line("pipeline_tag: text-generation");
        line("tags: [internlm2, pando, " + release.stage() + "]");
        line("---");
        line("");
        line("# " + release.headline());
        line("");
        line(steps > 0 ? purpose(release) : untrained(release));
        line("");
    }

    /// No step was done here, so nothing is claimed of how the weights came about.
    private static String untrained(Release release) {
        return release.settings()
                .start()
                .model()
                .map(model ->
                        "The weights of `" + model + "` as they came: imported by " + Version.line() + ", not trained.")
                .orElseGet(() -> "Random weights, from which a training begins. Made by " + Version.line() + ".");
    }

    private static String purpose(Release release) {
        String what =
                switch (release.stage()) {
                    case BASE -> "A base model: pre-trained on text, to continue text.";
                    case LONG -> "A base model for long texts: pre-trained further on longer ones.";
                    case SFT -> "A chat model: fine-tuned on conversations.";
                    case REWARD -> "A reward model: it scores answers, and is not made to give them.";
                    case RLHF -> "A chat model: fine-tuned on conversations, then by reinforcement learning.";
                };
        return what + " Trained by " + Version.line() + ".";
    }

    private void shape(ModelConfig model, Release release, long steps) {
        line("| | |");
        line("| --- | --- |");
        row("parameters", String.format(Locale.ROOT, "%,d", ModelTensors.table(model).parameters()));
        row("layers, width, feed-forward", model.layers() + ", " + model.hidden() + ", " + model.intermediate());
        row("heads, of them for keys and values", model.heads() + ", " + model.kvHeads());
        row("vocabulary", "" + model.vocabulary());
        if (steps > 0) {
            row("positions trained on", "" + release.settings().batch().length());
        }
        row("layout, precision", name(release.layout()) + ", " + name(release.precision()));
        line("");
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private void training(Settings settings, Inspection checkpoint, List<StepLine> steps) {
        Recipe recipe = settings.optimizer();
        line("## Training");
        line("");
        line("| | |");
        line("| --- | --- |");
        row("checkpoint", "`" + checkpoint.id() + "`");
        row("steps", checkpoint.step() + " of " + settings.steps());
        row("tokens a step", String.format(Locale.ROOT, "%,d", settings.batch().positions()));
        row(
                "AdamW",
                recipe.beta1()
                        + ", "
                        + recipe.beta2()
                        + ", epsilon "
                        + recipe.epsilon()
                        + ", decay "
                        + recipe.weightDecay());
        row(
                "learning rate",
                "up to "
                        + recipe.peakLearningRate()
                        + " in "
                        + recipe.warmupSteps()
                        + " steps, then a cosine down to "
                        + recipe.finalFraction()
                        + " of it at step "
                        + recipe.steps());
        row(
                "begun with",
                settings.start().model().map(model -> "the model in `" + model + "`").orElse("random weights"));
        row("seed", "" + settings.seed());
        row("text", "`" + String.join("`, `", settings.data().paths()) + "`");
        String digest = checkpoint.attributes().get("data");
        if (digest != null) {
            row("its tokens", "`" + digest + "`");
        }
        List<StepLine> learned = steps.stream().filter(step -> !step.wasSkipped()).toList();
        if (!learned.isEmpty()) {
            row(
                    "loss, first and last step",
                    String.format(Locale.ROOT, "%.4f, %.4f", learned.getFirst().loss(), learned.getLast().loss()));
        }
        if (learned.size() < steps.size()) {
            row("steps without usable data, skipped", "" + (steps.size() - learned.size()));
        }
        row("loss history", "`sha256:" + checkpoint.history().sha256() + "`");
        line("");
    }

    private void course(List<JobEvent> events, List<StepLine> steps) {
        long lost = events.stream().filter(JobEvent.WorkerLost.class::isInstance).count();
        long loaded = events.stream().filter(JobEvent.StateLoaded.class::isInstance).count();
        long durable = events.stream().filter(JobEvent.CheckpointDurable.class::isInstance).count();
        int most = steps.stream().mapToInt(StepLine::workers).max().orElse(0);
        line("## How it went");
        line("");
        line(
                "Up to "
                        + most
                        + " workers; "
                        + lost
                        + " lost on the way, "
                        + durable
                        + " checkpoints, resumed from one "
                        + loaded
                        + " times. None of this is in the weights: the run's config decides every bit of them.");
        line("");
    }

    private void again(Settings settings) {
        line("## The run's config");
        line("");
        line("```");
        line(settings.render());
        line("```");
    }

    private void row(String what, String value) {
        line("| " + what + " | " + value.replace("|", "\\|") + " |");
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
