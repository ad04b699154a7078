package dev.pando.runtime.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import dev.pando.checkpoint.format.CheckpointSettings;
import dev.pando.checkpoint.storage.CheckpointPlace;
import dev.pando.training.data.DataConfig;
import dev.pando.training.model.Keeping;
import dev.pando.training.model.ModelConfig;
import dev.pando.training.model.ModelPreset;
import dev.pando.training.model.RopeScaling;
import dev.pando.training.optimizer.Recipe;
import dev.pando.training.step.BatchPlan;
import dev.pando.training.step.SkipRule;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A job's settings, read once and checked at the door: a holder need not check again.
///
/// @param config the group `pando.job` with every key, defaults included
/// @param system what an ActorSystem of our own differs in from Pekko's defaults
/// @param grove the group `pando.grove`: what nodes are that are processes of their own
/// @param name of the run
/// @param out the run's folder
/// @param sameBits whether the job keeps to the kind of device that it began on
/// @param optimizerCopies of each span of the moments, on as many workers; 0: every worker holds all moments
/// @param threads CPU threads of this process's workers together, at least 1
/// @param seed decides initial weights and the order of data
/// @param steps to commit
// Long because every key of a job is read in one place.
public record Settings(
        Config config,
        Config system,
        Config grove,
        String name,
        Path out,
        int workers,
        Device device,
        boolean sameBits,
        int optimizerCopies,
        int threads,
        long seed,
        long steps,
        Model model,
        DataConfig data,
        BatchPlan batch,
        SkipRule skip,
        Recipe optimizer,
        Checkpoint checkpoint,
        Start start,
        Stage stage,
        Sample sample) {
    /// What a job's name looks like, and how to say so.
    public static final String NAME = "[A-Za-z0-9._-]{1,100}";

    public static final String NAMES = "1 to 100 letters, digits, dots, dashes and underscores";

    private static final String JOB = "pando.job";
    private static final String SYSTEM = "pando.system";
    private static final String GROVE = "pando.grove";

    /// @param shape of the model
    /// @param keeping what a forward pass keeps for the backward pass, and how
    public record Model(ModelConfig shape, Keeping keeping) {}

    /// @param everySteps committed steps between two durable checkpoints; 0: by measure
    /// @param secondsBetweenFailures what is expected until a failure was seen
    /// @param place where they are
    /// @param storage how they are written
    public record Checkpoint(
            long everySteps, double secondsBetweenFailures, CheckpointPlace place, CheckpointSettings storage) {
        /// The folder that they are in; empty where they are in a bucket.
        public Optional<Path> folder() {
            return place instanceof CheckpointPlace.Folder(Path path) ? Optional.of(path) : Optional.empty();
        }
    }

    /// What a run begins with.
    ///
    /// @param model directory of a model whose weights these are; empty: random ones
    /// @param run folder of a run whose state this run goes on from
    public record Start(Optional<Path> model, Optional<Path> run) {}

    /// What a run makes of a model.
    public enum Stage {
        BASE,
        LONG,
        SFT,
        REWARD,
        RLHF;

        /// @throws IllegalArgumentException naming those that there are
        public static Stage of(String name) {
            for (Stage stage : values()) {
                if (stage.toString().equals(name)) {
                    return stage;
                }
            }
            throw new IllegalArgumentException(
                    "stage must be one of "
                            + Stream.of(values()).map(Stage::toString).collect(Collectors.joining(", "))
                            + ", not "
                            + name);
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Texts that the trained model continues at the end.
    public record Sample(List<String> prompts, int tokens, double temperature, double topP, long seed) {
        public Sample {
            prompts = List.copyOf(prompts);
            require(tokens >= 1, "tokens must be at least 1, not " + tokens);
            require(temperature >= 0, "temperature must be at least 0, not " + temperature);
            require(topP > 0 && topP <= 1, "top-p must be above 0 and at most 1, not " + topP);
        }

        private static void require(boolean holds, String sentence) {
            if (!holds) {
                throw new IllegalArgumentException(sentence);
            }
        }
    }

    /// What workers compute on.
    public sealed interface Device {
        /// The processor's cores.
        record Cpu() implements Device {}

        /// @param ordinal as in `cuda:0`
        record Cuda(int ordinal) implements Device {}
    }

    /// Reads a config that holds every key of the reference, as [JobConfig] makes it.
    ///
    /// @throws dev.pando.runtime.settings.UserError with one sentence that names file, line and key
    public static Settings of(Config whole) {
        return read(whole, new HashSet<>());
    }

    /// Reads what [#render()] wrote, on another node or in a checkpoint.
    public static Settings parse(String rendered) {
        return of(JobConfig.text("the job's config", rendered).whole());
    }

    /// The whole of `pando.job` as HOCON that [#parse] takes, on one line.
    public String render() {
        return config.atPath(JOB).root().render(ConfigRenderOptions.concise());
    }

    static Settings read(Config whole, Set<String> read) {
        Keys job = new Keys(whole, JOB, read);
        long steps = job.whole("steps");
        job.require(steps >= 1, "steps", () -> "must be at least 1, not " + steps);
        DataConfig data = data(job.at("data"));
        BatchPlan batch = batch(job.at("batch"));
        Path out = Path.of(job.text("out"));
        return new Settings(
                withName(whole.getConfig(JOB), name(job, out)),
                whole.getConfig(SYSTEM),
                whole.getConfig(GROVE),
                name(job, out),
                out,
                workers(job, batch),
                device(job),
                job.flag("same-bits"),
                optimizerCopies(job),
                threads(job),
                job.whole("seed"),
                steps,
                model(job.at("model"), data),
                data,
                batch,
                skip(job.at("skip")),
                recipe(job.at("optimizer"), steps),
                checkpoint(job.at("checkpoint"), out),
                start(job.at("start")),
                job.build(() -> Stage.of(job.text("stage"))),
                sample(job.at("sample")));
    }

    /// A run keeps its name when its folder moves.
    private static Config withName(Config job, String name) {
        return job.withValue(
                "name",
                ConfigValueFactory.fromAnyRef(name)
                        .withOrigin(
                                job.getValue("out").origin().withComments(job.root().get("name").origin().comments())));
    }

    private static String name(Keys job, Path out) {
        String folder = String.valueOf(out.toAbsolutePath().normalize().getFileName());
        String name = job.optionalText("name").orElse(folder.replaceAll("[^A-Za-z0-9._-]+", "-"));
        job.require(name.matches(NAME), "name", () -> "must be " + NAMES + ", not \"" + name + "\"");
        return name;
    }

    private static int workers(Keys job, BatchPlan batch) {
        int workers = job.integer("workers");
        job.require(workers >= 1, "workers", () -> "must be at least 1, not " + workers);
        job.require(
                workers <= batch.shards(),
                "workers",
                () ->
                        "("
                                + workers
                                + ") must not exceed "
                                + JOB
                                + ".batch.shards ("
                                + batch.shards()
                                + "): a worker without a batch shard has nothing to do");
        return workers;
    }

    /// Whether there is such a GPU is asked where it is opened: settings are read on other machines, too.
    private static Device device(Keys job) {
        String device = job.text("device");
        boolean gpu = device.matches("cuda(:\\d{1,4})?");
        job.require(
                gpu || device.equals("auto") || device.equals("cpu"),
                "device",
                () -> "must be auto, cpu or a GPU as in cuda:0, not " + device);
        if (!gpu) {
            return new Device.Cpu();
        }
        return new Device.Cuda(device.equals("cuda") ? 0 : Integer.parseInt(device.substring("cuda:".length())));
    }

    private static int optimizerCopies(Keys job) {
        String state = job.text("optimizer-state");
        boolean sharded = state.equals("sharded");
        job.require(
                sharded || state.equals("replicated"),
                "optimizer-state",
                () -> "must be replicated or sharded, not " + state);
        int copies = job.integer("optimizer-copies");
        job.require(copies >= 1, "optimizer-copies", () -> "must be at least 1, not " + copies);
        job.require(
                !sharded || device(job) instanceof Device.Cpu,
                "optimizer-state",
                () -> "must be replicated where device is " + job.text("device") + ": on GPUs it is not sharded yet");
        return sharded ? copies : 0;
    }

    private static int threads(Keys job) {
        OptionalInt threads = job.optionalInteger("threads");
        job.require(
                threads.isEmpty() || threads.getAsInt() >= 1,
                "threads",
                () -> "must be at least 1, or null for one for each core, not " + threads.getAsInt());
        return threads.orElseGet(() -> Runtime.getRuntime().availableProcessors());
    }

    private static Model model(Keys model, DataConfig data) {
        String name = model.text("preset");
        ModelConfig preset = model.build(() -> ModelPreset.of(name)).config();
        OptionalInt vocabulary = model.optionalInteger("vocabulary");
        boolean trained = data.tokenizerFile().isEmpty();
        ModelConfig shape =
                model.build(() ->
                        new ModelConfig(
                                vocabulary.orElse(trained ? data.vocabulary() : preset.vocabulary()),
                                model.optionalInteger("hidden").orElse(preset.hidden()),
                                model.optionalInteger("layers").orElse(preset.layers()),
                                model.optionalInteger("heads").orElse(preset.heads()),
                                model.optionalInteger("kv-heads").orElse(preset.kvHeads()),
                                model.optionalInteger("intermediate").orElse(preset.intermediate()),
                                model.optionalNumber("rope-theta").orElse(preset.ropeTheta()),
                                model.optionalNumber("norm-epsilon").orElse(preset.normEpsilon()),
                                ropeScaling(model)));
        model.require(
                !trained || shape.vocabulary() >= data.vocabulary(),
                "vocabulary",
                () ->
                        "("
                                + shape.vocabulary()
                                + ") must be at least "
                                + JOB
                                + ".data.tokenizer.vocabulary ("
                                + data.vocabulary()
                                + "), or null to follow it");
        String activations = model.text("activations");
        model.require(
                List.of("float32", "bfloat16").contains(activations),
                "activations",
                () -> "must be float32 or bfloat16, not " + activations);
        return new Model(shape, new Keeping(model.flag("recompute"), activations.equals("bfloat16")));
    }

    private static RopeScaling ropeScaling(Keys model) {
        Keys scaling = model.at("rope-scaling");
        String type = scaling.text("type");
        double factor = scaling.number("factor");
        int positions = scaling.integer("original-positions");
        double low = scaling.number("low-frequency-factor");
        double high = scaling.number("high-frequency-factor");
        scaling.require(
                List.of("none", "linear", "dynamic", "llama3").contains(type),
                "type",
                () -> "must be none, linear, dynamic or llama3, not " + type);
        return model.build(() ->
                switch (type) {
                    case "linear" -> new RopeScaling.Linear(factor);
                    case "dynamic" -> new RopeScaling.Dynamic(factor, positions);
                    case "llama3" -> new RopeScaling.Llama3(factor, low, high, positions);
                    default -> RopeScaling.none();
                });
    }

    private static DataConfig data(Keys data) {
        Keys tokenizer = data.at("tokenizer");
        String file = tokenizer.text("file");
        return data.build(() ->
                new DataConfig(
                        data.texts("paths"),
                        data.texts("files"),
                        data.texts("exclude"),
                        Path.of(data.text("prepared")),
                        file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file)),
                        tokenizer.integer("vocabulary")));
    }

    private static Checkpoint checkpoint(Keys checkpoint, Path out) {
        boolean byMeasure = checkpoint.isText("every-steps", "auto");
        long everySteps = byMeasure ? 0 : checkpoint.whole("every-steps");
        checkpoint.require(
                byMeasure || everySteps >= 1, "every-steps", () -> "must be at least 1, or auto, not " + everySteps);
        double betweenFailures = checkpoint.seconds("time-between-failures");
        checkpoint.require(betweenFailures > 0, "time-between-failures", () -> "must be above 0");
        String folder = checkpoint.text("folder");
        CheckpointSettings storage =
                checkpoint.build(() ->
                        new CheckpointSettings(
                                checkpoint.integer("keep"),
                                checkpoint.bytes("file-size"),
                                checkpoint.integer("threads"),
                                checkpoint.bytes("bytes-per-second"),
                                checkpoint.flag("scrub")));
        CheckpointPlace place =
                folder.isEmpty()
                        ? new CheckpointPlace.Folder(out.resolve("checkpoints"))
                        : checkpoint.build(() -> CheckpointPlace.parse(folder));
        return new Checkpoint(everySteps, betweenFailures, place, storage);
    }

    private static Start start(Keys start) {
        String model = start.text("model");
        String run = start.text("run");
        start.require(
                model.isEmpty() || run.isEmpty(),
                "run",
                () -> "must be empty where start.model says what to begin with: a run begins with one of them");
        return new Start(path(model), path(run));
    }

    private static Optional<Path> path(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    }

    private static BatchPlan batch(Keys batch) {
        return batch.build(() ->
                new BatchPlan(
                        batch.integer("shards"),
                        batch.integer("microbatches"),
                        batch.integer("rows"),
                        batch.integer("length")));
    }

    private static SkipRule skip(Keys skip) {
        return skip.build(() -> new SkipRule(skip.number("spike-factor"), skip.integer("steps-in-a-row")));
    }

    private static Recipe recipe(Keys optimizer, long steps) {
        OptionalLong written = optimizer.optionalWhole("schedule-steps");
        optimizer.require(
                written.isEmpty() || written.getAsLong() >= 1,
                "schedule-steps",
                () -> "must be at least 1, or null to follow " + JOB + ".steps, not " + written.getAsLong());
        long schedule = written.orElse(steps);
        return optimizer.build(() ->
                new Recipe(
                        schedule,
                        optimizer.number("peak-learning-rate"),
                        optimizer.number("final-fraction"),
                        optimizer.optionalWhole("warmup-steps").orElse(Math.max(1, schedule / 100)),
                        optimizer.number("beta1"),
                        optimizer.number("beta2"),
                        optimizer.number("epsilon"),
                        optimizer.number("weight-decay"),
                        optimizer.flag("decay-norms"),
                        optimizer.number("max-gradient-norm")));
    }

    private static Sample sample(Keys sample) {
        return sample.build(() ->
                new Sample(
                        sample.texts("prompts"),
                        sample.integer("tokens"),
                        sample.number("temperature"),
                        sample.number("top-p"),
                        sample.whole("seed")));
    }
}
