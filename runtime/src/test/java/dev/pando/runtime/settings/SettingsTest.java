package dev.pando.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.pando.training.grid.Grid;
import dev.pando.training.step.SkipRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @TempDir private Path folder;

    @Test
    void shouldTakeEveryDefaultWhenNothingIsWritten() {
        Settings settings = JobConfig.nothing().settings();

        assertThat(settings.steps()).isEqualTo(300);
        assertThat(settings.optimizer().warmupSteps()).as("1 % of steps").isEqualTo(3);
        assertThat(settings.model().shape().vocabulary()).isEqualTo(settings.data().vocabulary());
        assertThat(settings.name()).as("the folder's name").isEqualTo("job");
    }

    @Test
    void shouldKeepToTheGridThatARunBeganWith() {
        Settings then = JobConfig.nothing().settings();
        Settings now = JobConfig.nothing().set("grid.sequence-chunks = 2").settings();

        assertThat(now.batch().grid()).isEqualTo(new Grid(1, 2));
        assertThat(BitShapingKeys.firstDifference(then, now))
                .hasValueSatisfying(difference ->
                        assertThat(difference.sentence("runs/a"))
                                .startsWith("pando.job.grid.sequence-chunks is 2 now and was 1 in runs/a; restore it"));
    }

    @Test
    void shouldSkipByDefaultWhatActorsAloneSkip() {
        assertThat(JobConfig.nothing().settings().skip()).isEqualTo(SkipRule.DEFAULT);
    }

    @Test
    void shouldTakeAddressesAndPathsOfOptionsAsPeopleWriteThem() {
        Settings settings =
                JobConfig.nothing()
                        .set("checkpoint.folder=s3://bucket/run#1")
                        .set("out = a//b")
                        .set("data.paths=[\"c\", \"d\"]")
                        .set("data.exclude=[]")
                        .set("checkpoint.file-size = 64 MiB")
                        .settings();

        assertThat(settings.checkpoint().place()).hasToString("s3://bucket/run#1");
        assertThat(settings.out()).isEqualTo(Path.of("a/b"));
        assertThat(settings.data().paths()).containsExactly("c", "d");
        assertThat(settings.checkpoint().storage().fileBytes()).isEqualTo(64 << 20);
    }

    @Test
    void shouldLetOptionsWinOverTheFileAndTheFileOverDefaults() throws IOException {
        Path file = write("pando.job { steps = 50, workers = 3, out = runs/first }");

        Settings settings =
                JobConfig.file(file)
                        .set("workers=4")
                        .set("pando.job.optimizer.peak-learning-rate = 1e-3")
                        .with("--out elsewhere", "out", "elsewhere")
                        .settings();

        assertThat(settings.steps()).isEqualTo(50);
        assertThat(settings.workers()).isEqualTo(4);
        assertThat(settings.optimizer().peakLearningRate()).isEqualTo(1e-3);
        assertThat(settings.out()).isEqualTo(Path.of("elsewhere"));
    }

    @Test
    void shouldReadBackWhatItRenders() throws IOException {
        Settings settings =
                JobConfig.file(write("pando.job { steps = 50, sample.prompts = [\"a \\\"b\\\"\"] }")).settings();

        Settings again = Settings.parse(settings.render());

        assertThat(again.render()).isEqualTo(settings.render());
        assertThat(again.sample()).isEqualTo(settings.sample());
    }

    @Test
    void shouldResolveSubstitutions() throws IOException {
        Path file =
                write(
                        "base = 7\npando.job.seed = 1\npando.job.sample.seed = ${pando.job.seed}"
                                .replace("base = 7\n", ""));

        assertThat(JobConfig.file(file).settings().sample().seed()).isEqualTo(1);
    }

    @Test
    void shouldTakeOnlyPandoFromTheConfigOfAHost() {
        var host =
                ConfigFactory.parseString("service.port = 80, pando.job.steps = 9").withFallback(ConfigFactory.load());

        assertThat(JobConfig.host(host).settings().steps()).isEqualTo(9);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    pando.job.model.hiden = 5          | FILE:1: there is no key pando.job.model.hiden; did you mean pando.job.model.hidden?
                    pando.job.peak_learning_rate = 1   | FILE:1: there is no key pando.job.peak_learning_rate; did you mean pando.job.optimizer.peak-learning-rate?
                    pando.job.batch.zebra = 1          | FILE:1: there is no key pando.job.batch.zebra; what there is in pando.job.batch: length, microbatches, rows, shards
                    pnado.job.steps = 1                | FILE:1: there is no key pnado; did you mean pando?
                    pando.job.modle { hidden = 5 }     | FILE:1: there is no key pando.job.modle; did you mean pando.job.model?
                    pando.job.model = 5                | FILE:1: pando.job.model must be a group of keys, not 5
                    pando.job.steps = many             | FILE:1: pando.job.steps must be a whole number, not "many"
                    pando.job.steps = 1.5              | FILE:1: pando.job.steps must be a whole number, not 1.5
                    pando.job.steps = null             | FILE:1: pando.job.steps must be a whole number, not null
                    pando.job.steps = {a = 1}          | FILE:1: pando.job.steps must be a whole number, not a group of keys
                    pando.job.batch.rows = 3000000000  | FILE:1: pando.job.batch.rows must be a whole number, not 3000000000
                    pando.job.steps = -3               | FILE:1: pando.job.steps must be at least 1, not -3
                    pando.job.model.hidden = -256      | FILE:1: pando.job.model.hidden must be at least 1, not -256
                    pando.job.model.heads = 7          | FILE:1: pando.job.model.heads: hidden (192) must be a multiple of heads (7)
                    pando.job.model.vocabulary = 300   | FILE:1: pando.job.model.vocabulary (300) must be at least pando.job.data.tokenizer.vocabulary (4096), or null to follow it
                    pando.job.data.tokenizer.vocabulary = 100 | FILE:1: pando.job.data.tokenizer.vocabulary must be between 265 (256 bytes and 9 special tokens) and 1048576, not 100
                    pando.job.model.preset = gpt       | FILE:1: pando.job.model.preset: no model preset "gpt"; there are internlm2-1_8b, internlm2-7b, internlm2-20b, quickstart, S, M
                    pando.job.model.recompute = maybe  | FILE:1: pando.job.model.recompute must be true or false, not "maybe"
                    pando.job.data.paths = src         | FILE:1: pando.job.data.paths must be a list of texts, as in ["a", "b"], not "src"
                    pando.job.data.paths = []          | FILE:1: pando.job.data.paths must name at least one file, directory or glob
                    pando.job.batch.shards = 0         | FILE:1: pando.job.batch.shards must be at least 1, not 0
                    pando.job.grid.tensor-shards = 0   | FILE:1: pando.job.grid.tensor-shards must be at least 1, not 0
                    pando.job.grid.tensor-shards = 3   | FILE:1: pando.job.grid.tensor-shards (3) must divide pando.job.model.kv-heads (2)
                    pando.job.grid.sequence-chunks = 3 | FILE:1: pando.job.grid.sequence-chunks must be a power of two, as in 1, 2 or 4, not 3
                    pando.job.grid.sequence-chunks = 512 | FILE:1: pando.job.grid.sequence-chunks (512) must divide pando.job.batch.length (256)
                    pando.job { device = "cuda:0", grid.tensor-shards = 2 } | FILE:1: pando.job.grid.tensor-shards must be 1 where device is cuda:0: GPUs do not compute a cut grid yet
                    pando.job { model.recompute = true, grid.sequence-chunks = 2 } | FILE:1: pando.job.grid.sequence-chunks must be 1 where model.recompute is true or model.activations is bfloat16
                    pando.job { model.activations = bfloat16, grid.tensor-shards = 2 } | FILE:1: pando.job.grid.tensor-shards must be 1 where model.recompute is true or model.activations is bfloat16
                    pando.job.workers = 9              | FILE:1: pando.job.workers (9) must not exceed pando.job.batch.shards (8): a worker without a batch shard has nothing to do
                    pando.job.workers = 0              | FILE:1: pando.job.workers must be at least 1, not 0
                    pando.job.device = tpu             | FILE:1: pando.job.device must be auto, cpu or a GPU as in cuda:0, not tpu
                    pando.job.device = "cuda:x"        | FILE:1: pando.job.device must be auto, cpu or a GPU as in cuda:0, not cuda:x
                    pando.job.optimizer-state = zero   | FILE:1: pando.job.optimizer-state must be replicated or sharded, not zero
                    pando.job.optimizer-copies = 0     | FILE:1: pando.job.optimizer-copies must be at least 1, not 0
                    pando.job { device = "cuda:0", optimizer-state = sharded } | FILE:1: pando.job.optimizer-state must be replicated where device is cuda:0: on GPUs it is not sharded yet
                    pando.job.threads = 0              | FILE:1: pando.job.threads must be at least 1, or null for one for each core, not 0
                    pando.job.optimizer.beta2 = 1      | FILE:1: pando.job.optimizer.beta2 must be in [0, 1), not 1.0
                    pando.job.skip.spike-factor = 1    | FILE:1: pando.job.skip.spike-factor must be above 1, or 0 to take any finite gradient, not 1.0
                    pando.job.skip.steps-in-a-row = 40 | FILE:1: pando.job.skip.steps-in-a-row must be between 0 and 31, not 40
                    pando.job.sample.top-p = 0         | FILE:1: pando.job.sample.top-p must be above 0 and at most 1, not 0.0
                    """)
    void shouldSayInOneSentenceWhatIsWrong(String written, String sentence) throws IOException {
        Path file = write(written);

        assertThatThrownBy(() -> JobConfig.file(file).settings())
                .isInstanceOf(UserError.class)
                .hasMessage(sentence.replace("FILE", file.toString()));
    }

    @Test
    void shouldNameTheLineOfTheKeyAndNotOfItsGroup() throws IOException {
        Path file =
                write(
                        """
                        pando.job {
                          # a comment
                          steps = 10
                          model {
                            layers = 2
                            hidden_size = 64
                          }
                        }
                        """);

        assertThatThrownBy(() -> JobConfig.file(file).settings())
                .hasMessageStartingWith(file + ":6: there is no key pando.job.model.hidden_size");
    }

    @Test
    void shouldNameTheOptionWhenTheOptionIsWrong() {
        assertThatThrownBy(() -> JobConfig.nothing().set("steps=0").settings())
                .hasMessage("--set steps=0: pando.job.steps must be at least 1, not 0");
        assertThatThrownBy(() -> JobConfig.nothing().set("stpes=3").settings())
                .hasMessage("--set stpes=3: there is no key pando.job.stpes; did you mean pando.job.steps?");
        assertThatThrownBy(() -> JobConfig.nothing().with("--workers 9", "workers", 9).settings())
                .hasMessageStartingWith(
                        "--workers 9: pando.job.workers (9) must not exceed pando.job.batch.shards (8)");
        assertThatThrownBy(() -> JobConfig.nothing().set("steps"))
                .hasMessage("--set steps: write path=value, as in --set optimizer.peak-learning-rate=1e-3");
        assertThatThrownBy(() -> JobConfig.nothing().set("a..b=1"))
                .hasMessage("--set a..b=1: a..b is not the path of a key");
    }

    @Test
    void shouldNameFileAndLineWhenTheFileIsNoHocon() throws IOException {
        Path file = write("pando.job {\n  steps = 3\n  model = [1, 2\n}\n");

        assertThatThrownBy(() -> JobConfig.file(file).settings())
                .hasMessageStartingWith(file + ":4: ")
                .hasMessageNotContaining("\n");
    }

    @Test
    void shouldSayThatThereIsNoSuchFile() {
        assertThatThrownBy(() -> JobConfig.file(folder.resolve("no.conf")))
                .hasMessage("there is no file " + folder.resolve("no.conf"));
        assertThatThrownBy(() -> JobConfig.file(folder)).hasMessage(folder + " is not a file that can be read");
    }

    private Path write(String hocon) throws IOException {
        return Files.writeString(folder.resolve("a.conf"), hocon);
    }
}
