package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pando.actors.job.JobEvent;
import dev.pando.checkpoint.Checkpoints;
import dev.pando.checkpoint.huggingface.ModelLayout;
import dev.pando.checkpoint.huggingface.Precision;
import dev.pando.runtime.cli.CommandLines;
import dev.pando.runtime.cli.CommandLines.Shown;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.model.Release;
import dev.pando.training.step.CheckpointStore.Saved;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Runs that begin where others ended, and models that leave and come back.
class BeginningTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir private Path temp;

    private TinyJob tiny;

    @BeforeEach
    void writeText() {
        tiny = new TinyJob(temp);
    }

    @Test
    void shouldGoOnFromAnotherRunWithOtherWorkersToTheSameBits() throws Exception {
        JobResult.Finished undisturbed = finish(Submission.of(tiny.settings("whole", "workers=1")));
        finish(Submission.of(tiny.settings("first", "steps=5", "optimizer.schedule-steps=12", "workers=2")));
        List<JobEvent> heard = new ArrayList<>();

        JobResult.Finished second =
                finish(
                        Submission.of(
                                        tiny.settings(
                                                "second",
                                                "name=other",
                                                "workers=3",
                                                "start.run=\"" + tiny.out("first") + "\""))
                                .listening(heard::add));

        assertThat(heard.getFirst()).isEqualTo(new JobEvent.Started(5, true));
        assertThat(StepLine.read(tiny.out("second"))).extracting(StepLine::step).startsWith(5L).hasSize(7);
        assertThat(second.hash()).isEqualTo(undisturbed.hash());
    }

    /// Holders of two stages, and of each stage two, who share the moments; then three workers that hold everything.
    @Test
    void shouldGoOnFromACheckpointThatHoldersOfStagesWroteInParts() throws Exception {
        JobResult.Finished undisturbed = finish(Submission.of(tiny.settings("whole", "workers=1")));
        finish(Submission.of(tiny.settings("first", "steps=5", "optimizer.schedule-steps=12", "workers=2")));
        Path folder = tiny.out("first").resolve("checkpoints");

        Saved inParts = StageHolders.rewrite(folder, "tiny", 2, 2);
        JobResult.Finished second =
                finish(
                        Submission.of(
                                tiny.settings(
                                        "second",
                                        "name=other",
                                        "workers=3",
                                        "start.run=\"" + tiny.out("first") + "\"")));

        try (Checkpoints checkpoints = Checkpoints.of(folder)) {
            assertThat(checkpoints.newest().saved()).contains(inParts);
            assertThat(checkpoints.inspect(inParts.id()).files()).hasSizeGreaterThanOrEqualTo(4);
        }
        assertThat(StepLine.read(tiny.out("second"))).extracting(StepLine::step).startsWith(5L).hasSize(7);
        assertThat(second.hash()).isEqualTo(undisturbed.hash());
    }

    @Test
    void shouldNotGoOnFromARunOfOtherArithmetic() throws Exception {
        finish(Submission.of(tiny.settings("first", "steps=5")));

        assertThatThrownBy(() ->
                        finish(
                                Submission.of(
                                        tiny.settings("second", "seed=7", "start.run=\"" + tiny.out("first") + "\""))))
                .cause()
                .hasMessageStartingWith("pando.job.seed is 7 now and was 1024 in " + tiny.out("first"));
    }

    @Test
    void shouldBeginWithTheWeightsOfAModelWhateverTheWorkers() throws Exception {
        finish(Submission.of(tiny.settings("first")));
        Path model = temp.resolve("model");
        Release.of(tiny.out("first"), Optional.empty()).write(model);
        String from = "start.model=\"" + model + "\"";
        String tokenizer = "data.tokenizer.file=\"" + model.resolve("tokenizer.json") + "\"";
        double ended = StepLine.read(tiny.out("first")).getLast().loss();

        JobResult.Finished one =
                finish(Submission.of(tiny.settings("one", from, tokenizer, vocabulary(), "workers=1")));
        JobResult.Finished three =
                finish(Submission.of(tiny.settings("three", from, tokenizer, vocabulary(), "workers=3")));
        JobResult.Finished fresh = finish(Submission.of(tiny.settings("fresh", tokenizer, vocabulary())));

        assertThat(three.hash()).isEqualTo(one.hash()).isNotEqualTo(fresh.hash());
        assertThat(StepLine.read(tiny.out("one")).getFirst().loss())
                .as("of weights that have been trained")
                .isLessThan(StepLine.read(tiny.out("fresh")).getFirst().loss())
                .isCloseTo(ended, org.assertj.core.data.Percentage.withPercentage(20));
    }

    private static String vocabulary() {
        return "model.vocabulary=300";
    }

    @Test
    void shouldRefuseAModelOfAnotherShape() throws Exception {
        finish(Submission.of(tiny.settings("first")));
        Path model = temp.resolve("model");
        Release.of(tiny.out("first"), Optional.empty()).write(model);

        assertThatThrownBy(() ->
                        finish(
                                Submission.of(
                                        tiny.settings("second", "start.model=\"" + model + "\"", "model.layers=3"))))
                .cause()
                .hasMessage(
                        "pando.job.model.layers is 3 and 2 in "
                                + model
                                + "; begin with --from "
                                + model
                                + ", which takes its shape over");
    }

    @Test
    void shouldTakeAModelOutAndInAndTrainItFurtherByCommands() throws Exception {
        Path model = temp.resolve("tiny-base");
        assertThat(pando("train", tiny.file("run")).exit()).isZero();

        Shown exported = pando("checkpoint", "export", tiny.out("run"), model, "--layout", "llama", "--stage", "long");
        Shown imported = pando("checkpoint", "import", temp.resolve("in"), model);
        Shown again = pando("checkpoint", "export", temp.resolve("in"), temp.resolve("out"), "--layout", "llama");
        Shown further = pando("train", tiny.file("further"), "--from", model, "--steps", 2);

        assertThat(exported).isEqualTo(new Shown(0, "tiny-long is in " + model + "\n", ""));
        assertThat(Files.readString(model.resolve("README.md")))
                .contains("# tiny-long", "| steps | 12 of 12 |", "library_name: transformers", "loss history");
        assertThat(imported.exit()).isZero();
        assertThat(imported.out()).contains("2 layers, as checkpoint step-0000000000-");
        assertThat(again.err()).isEmpty();
        assertThat(temp.resolve("out/model.safetensors")).hasSameBinaryContentAs(model.resolve("model.safetensors"));
        assertThat(further.err()).isEmpty();
        assertThat(further.exit()).isZero();
        assertThat(Files.readString(tiny.out("further").resolve("job.conf"))).contains(model.toString());
    }

    @Test
    void shouldInspectAndPrune() {
        pando("train", tiny.file("run"));

        Shown inspected = pando("checkpoint", "inspect", tiny.out("run"), "4");
        Shown pruned = pando("checkpoint", "prune", tiny.out("run"));
        Shown rest = pando("checkpoint", "list", tiny.out("run"));
        Shown verified = pando("checkpoint", "verify", tiny.out("run"));

        assertThat(inspected.out().lines().toList()).first().asString().startsWith("step-0000000004-");
        assertThat(inspected.out())
                .contains(
                        "job      tiny\n",
                        "step     4\n",
                        "  model.norm.weight  F32 [16]",
                        "  exp_avg/model.norm.weight");
        assertThat(pruned.out()).startsWith("removed step-").contains("removed step-0000000004-");
        assertThat(rest.out().lines()).singleElement().asString().startsWith("step-0000000012-");
        assertThat(verified.exit()).isZero();
    }

    @Test
    void shouldReleaseInAnyLayoutAndPrecision() throws Exception {
        finish(Submission.of(tiny.settings("run")));

        for (ModelLayout layout : ModelLayout.values()) {
            for (Precision precision : Precision.values()) {
                Path model = temp.resolve(layout + "-" + precision);
                Release.of(tiny.out("run"), Optional.of("12")).as(layout, precision).write(model);
                assertThat(model)
                        .isDirectoryContaining("glob:**/{config,generation_config,tokenizer,tokenizer_config}.json")
                        .isDirectoryContaining("glob:**/README.md");
            }
        }
    }

    private static Shown pando(Object... arguments) {
        return CommandLines.pando(arguments);
    }

    private static JobResult.Finished finish(Submission submission) throws Exception {
        try (Pando pando = Pando.start(submission)) {
            JobResult result = pando.job().done().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(result).isInstanceOf(JobResult.Finished.class);
            return (JobResult.Finished) result;
        }
    }
}
