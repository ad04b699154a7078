package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.ReplicaFactory;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.RunFolder;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.Job;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.data.DataException;
import dev.pando.training.step.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PandoTest {
    private static final long PATIENCE_SECONDS = 60;

    @TempDir private Path temp;

    private TinyJob tiny;

    @BeforeEach
    void writeText() {
        tiny = new TinyJob(temp);
    }

    @Test
    void shouldTrainWhatAFileSaysAndLeaveARun() throws Exception {
        JobResult.Finished result = finish(Submission.of(tiny.file("run")));

        assertThat(result.step()).isEqualTo(12);
        assertThat(result.hash()).matches("sha256:[0-9a-f]{64}");
        assertThat(StepLine.read(tiny.out("run")))
                .extracting(StepLine::step)
                .containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        assertThat(tiny.out("run"))
                .isDirectoryContaining(
                        "glob:**/{job.conf,steps.jsonl,events.jsonl,report.html,tokenizer.json,checkpoints}");
        assertThat(EventLine.read(tiny.out("run")).getLast().event())
                .isEqualTo(new JobEvent.Finished(12, result.hash()));
    }

    @Test
    void shouldEndWithTheSameBitsWhateverTheNumberOfWorkersAndThreads() throws Exception {
        JobResult.Finished one = finish(Submission.of(tiny.settings("one", "workers=1", "threads=1")));
        JobResult.Finished three = finish(Submission.of(tiny.settings("three", "workers=3", "threads=3")));

        assertThat(three.hash()).isEqualTo(one.hash());
    }

    @Test
    void shouldGoOnToTheSameBitsAfterAStop() throws Exception {
        JobResult.Finished undisturbed = finish(Submission.of(tiny.settings("undisturbed")));
        CompletableFuture<Job> stopped = new CompletableFuture<>();
        Submission disturbed =
                Submission.of(tiny.settings("disturbed"))
                        .listening(event -> {
                            if (event instanceof JobEvent.StepCommitted step && step.step() == 5) {
                                stopped.join().stop();
                            }
                        });

        JobResult first;
        try (Pando pando = Pando.start(disturbed)) {
            stopped.complete(pando.job());
            first = await(pando.job());
        }
        // rewritten after the run began: a run keeps the text that it began with
        Files.writeString(tiny.text().resolve("page-0.txt"), "Something else altogether.");
        JobResult.Finished second = finish(Submission.of(tiny.settings("disturbed", "workers=3")).resuming(true));

        assertThat(first).isInstanceOf(JobResult.Stopped.class);
        assertThat(first.step()).isBetween(6L, 12L);
        assertThat(second.hash()).isEqualTo(undisturbed.hash());
        assertThat(curve("disturbed")).isEqualTo(curve("undisturbed"));
    }

    @Test
    void shouldTellEveryEventToTheListenerAndToSubscribers() throws Exception {
        List<JobEvent> heard = new ArrayList<>();
        List<JobEvent> streamed = new ArrayList<>();
        CompletableFuture<Void> completed = new CompletableFuture<>();
        CompletableFuture<Job> job = new CompletableFuture<>();
        Submission submission =
                Submission.of(tiny.settings("run"))
                        .listening(heard::add)
                        .listening(event -> {
                            if (event instanceof JobEvent.Started) {
                                job.join().events().subscribe(collecting(streamed, completed));
                            }
                        });

        try (Pando pando = Pando.start(submission)) {
            job.complete(pando.job());
            await(pando.job());
            completed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }

        assertThat(heard.getFirst()).isEqualTo(new JobEvent.Started(0, false));
        assertThat(heard).filteredOn(JobEvent.StepCommitted.class::isInstance).hasSize(12);
        assertThat(heard.getLast()).isInstanceOf(JobEvent.Finished.class);
        assertThat(streamed).as("from the subscription on").isEqualTo(heard);
    }

    @Test
    void shouldNotMindAListenerThatThrows() throws Exception {
        JobResult.Finished result =
                finish(
                        Submission.of(tiny.settings("run"))
                                .listening(event -> {
                                    throw new IllegalStateException("a listener of someone else's");
                                }));

        assertThat(result.step()).isEqualTo(12);
    }

    @Test
    void shouldLetSomeoneStandBetweenTheActorsAndTheirTools() throws Exception {
        ConcurrentLinkedQueue<String> built = new ConcurrentLinkedQueue<>();
        Submission watched =
                Submission.of(tiny.settings("run"))
                        .with(tools ->
                                new ReplicaFactory() {
                                    @Override
                                    public Replica replica(dev.pando.actors.job.JobSpec job, String worker) {
                                        built.add(worker);
                                        return tools.replica(job, worker);
                                    }

                                    @Override
                                    public CheckpointStore checkpoints(dev.pando.actors.job.JobSpec job) {
                                        return tools.checkpoints(job);
                                    }

                                    @Override
                                    public java.util.Map<String, String> checkpointAttributes(
                                            dev.pando.actors.job.JobSpec job) {
                                        return tools.checkpointAttributes(job);
                                    }
                                });

        finish(watched);

        assertThat(built).containsExactlyInAnyOrder("worker-0", "worker-1");
    }

    @Test
    void shouldTrainInAnActorSystemWhoseConfigNamesTheExtension() throws Exception {
        var config =
                ConfigFactory.parseString(
                                "pekko.actor.typed.extensions = [\"dev.pando.runtime.Training\"]\n" + tiny.hocon("run"))
                        .withFallback(ConfigFactory.load());
        ActorSystem<Void> host = ActorSystem.create(Behaviors.empty(), "host", config);
        try {
            JobResult result = await(Training.job(host));

            assertThat(result).isInstanceOf(JobResult.Finished.class);
            assertThat(StepLine.read(tiny.out("run"))).hasSize(12);
            assertThat(host.whenTerminated().isCompleted()).as("the host lives on").isFalse();
        } finally {
            host.terminate();
        }
    }

    @Test
    void shouldLetGoOfTheFolderWhenTheHostTerminatesItsActorSystem() throws Exception {
        var config =
                ConfigFactory.parseString(tiny.hocon("run") + "pando.job.steps = 100000")
                        .withFallback(ConfigFactory.load());
        ActorSystem<Void> host = ActorSystem.create(Behaviors.empty(), "host", config);
        Job job = Training.job(host);
        CompletableFuture<Void> begun = new CompletableFuture<>();
        job.events().subscribe(collecting(new ArrayList<>(), new CompletableFuture<>(), event -> begun.complete(null)));
        begun.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        host.terminate();

        JobResult result = await(job);
        assertThat(result).isInstanceOf(JobResult.Failed.class);
        assertThat(((JobResult.Failed) result).diagnosis()).isEqualTo("its actor system was terminated");
        RunFolder.claim(tiny.settings("run", "steps=100000"), true).close();
    }

    @Test
    void shouldPassOverADamagedCheckpointAndSaySo() throws Exception {
        JobResult.Finished before = finish(Submission.of(tiny.settings("run")));
        Path newest = newestFileOfTensors(tiny.out("run").resolve("checkpoints"));
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 2] ^= 1;
        Files.write(newest, bytes);
        List<JobEvent> heard = new ArrayList<>();

        JobResult.Finished after = finish(Submission.of(tiny.settings("run")).resuming(true).listening(heard::add));

        assertThat(heard)
                .first()
                .isInstanceOfSatisfying(
                        JobEvent.Started.class,
                        started -> {
                            assertThat(started.resumed()).isTrue();
                            assertThat(started.step()).as("of the one before the last").isBetween(4L, 11L);
                        });
        assertThat(heard)
                .filteredOn(JobEvent.StateLoaded.class::isInstance)
                .singleElement()
                .satisfies(loaded ->
                        assertThat(((JobEvent.StateLoaded) loaded).damaged())
                                .singleElement()
                                .asString()
                                .contains("step-0000000012"));
        assertThat(after.hash()).isEqualTo(before.hash());
    }

    @Test
    void shouldSayThatTheDataIsMissingAndLeaveNothingBehind() {
        Submission submission = Submission.of(tiny.settings("run", "data.paths=[\"" + temp.resolve("nowhere") + "\"]"));

        assertThatThrownBy(() -> finish(submission))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(DataException.class)
                .hasMessageContaining(temp.resolve("nowhere").toString());
        assertThat(tiny.out("run")).doesNotExist();
    }

    @Test
    void shouldRefuseAVocabularyThatIsTooSmallForTheTokenizer() throws Exception {
        finish(Submission.of(tiny.settings("first")));
        Submission submission =
                Submission.of(
                        tiny.settings(
                                "second",
                                "data.tokenizer.file=\"" + tiny.out("first").resolve("tokenizer.json") + "\"",
                                "model.vocabulary=280"));

        assertThatThrownBy(() -> finish(submission))
                .cause()
                .isInstanceOf(UserError.class)
                .hasMessageMatching(
                        "pando\\.job\\.model\\.vocabulary is 280 and the tokenizer has (\\d+) tokens; set it to \\1 or"
                                + " more");
    }

    @Test
    void shouldRefuseCheckpointsOfARunThatIsNotResumed() throws Exception {
        finish(Submission.of(tiny.settings("first")));
        Path checkpoints = tiny.out("first").resolve("checkpoints");

        assertThatThrownBy(() ->
                        finish(Submission.of(tiny.settings("second", "checkpoint.folder=\"" + checkpoints + "\""))))
                .cause()
                .hasMessage(
                        checkpoints
                                + " holds checkpoints already: continue from them with --resume, or set another"
                                + " pando.job.checkpoint.folder");
        assertThat(tiny.out("second")).doesNotExist();
    }

    @Test
    void shouldRefuseToResumeOnOtherData() throws Exception {
        finish(Submission.of(tiny.settings("run")));
        Path other = Files.createDirectory(temp.resolve("other"));
        Files.writeString(other.resolve("a.txt"), "Other text. ".repeat(100));

        assertThatThrownBy(() ->
                        finish(Submission.of(tiny.settings("run", "data.paths=[\"" + other + "\"]")).resuming(true)))
                .hasMessageMatching(
                        "pando\\.job\\.data\\.paths is \\[.*other] now and was \\[.*text] in .*run;"
                                + " restore it to get the same bits, or begin another run with --out");
    }

    @Test
    void shouldPrepareTheTextAgainWhenWhatWasPreparedIsGone() throws Exception {
        JobResult.Finished before = finish(Submission.of(tiny.settings("run")));
        deleteAll(temp.resolve("prepared"));

        JobResult.Finished after = finish(Submission.of(tiny.settings("run")).resuming(true));

        assertThat(after.hash()).isEqualTo(before.hash());
    }

    @Test
    void shouldSayThatTheTextIsLostWhenItCannotBePreparedAgain() throws Exception {
        finish(Submission.of(tiny.settings("run")));
        deleteAll(temp.resolve("prepared"));
        Files.writeString(tiny.text().resolve("page-0.txt"), "Something else altogether.");

        assertThatThrownBy(() -> finish(Submission.of(tiny.settings("run")).resuming(true)))
                .cause()
                .hasMessageContaining("the text under pando.job.data.paths has changed since the checkpoint step-");
    }

    @Test
    void shouldCloseInTheMiddleOfARun() throws Exception {
        AtomicInteger steps = new AtomicInteger();
        CompletableFuture<Void> begun = new CompletableFuture<>();
        Submission submission =
                Submission.of(tiny.settings("run", "steps=100000"))
                        .listening(event -> {
                            if (event instanceof JobEvent.StepCommitted) {
                                steps.incrementAndGet();
                                begun.complete(null);
                            }
                        });
        Pando pando = Pando.start(submission);
        begun.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        pando.close();

        assertThat(await(pando.job())).isEqualTo(new JobResult.Stopped(tiny.out("run"), steps.get()));
    }

    private static JobResult.Finished finish(Submission submission) throws Exception {
        try (Pando pando = Pando.start(submission)) {
            JobResult result = await(pando.job());
            assertThat(result).isInstanceOf(JobResult.Finished.class);
            return (JobResult.Finished) result;
        }
    }

    private static JobResult await(Job job) throws Exception {
        return job.done().toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private List<List<Object>> curve(String run) {
        return StepLine.read(tiny.out(run)).stream()
                .map(step -> List.<Object>of(step.step(), step.loss(), step.gradNorm(), step.learningRate()))
                .toList();
    }

    private static Path newestFileOfTensors(Path checkpoints) throws IOException {
        try (var files = Files.walk(checkpoints)) {
            return files.filter(file ->
                            file.toString().contains("step-0000000012") && file.toString().endsWith(".safetensors"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Flow.Subscriber<JobEvent> collecting(List<JobEvent> into, CompletableFuture<Void> completed) {
        return collecting(into, completed, event -> {});
    }

    private static Flow.Subscriber<JobEvent> collecting(
            List<JobEvent> into, CompletableFuture<Void> completed, Consumer<JobEvent> each) {
        return new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
            }

            @Override
            public void onNext(JobEvent event) {
                into.add(event);
                each.accept(event);
            }

            @Override
            public void onError(Throwable error) {
                completed.completeExceptionally(error);
            }

            @Override
            public void onComplete() {
                completed.complete(null);
            }
        };
    }

    private static void deleteAll(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
