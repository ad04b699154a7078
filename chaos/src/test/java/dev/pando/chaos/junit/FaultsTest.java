package dev.pando.chaos.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import com.typesafe.config.ConfigFactory;
import dev.pando.runtime.Pando;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.EngineFilter;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

class FaultsTest {
    @TempDir Path folder;

    @Test
    @Faults("kill worker-1 at step 2, hang worker-0 in reduce at step 4")
    void shouldStrikeTheRunOfATestAndLeaveItsBits(Chaos chaos) throws IOException {
        JobResult undisturbed = train(job(folder.resolve("undisturbed")));

        JobResult disturbed = train(chaos.upon(job(folder.resolve("disturbed"))));

        assertThat(disturbed)
                .asInstanceOf(type(JobResult.Finished.class))
                .extracting(JobResult.Finished::hash)
                .isEqualTo(((JobResult.Finished) undisturbed).hash());
        assertThat(chaos.firings()).hasSize(2);
    }

    @Test
    void shouldFailATestWhoseFaultsNeverStrike() {
        assertThat(failureOf("killsBeyondTheEnd"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("never struck");
    }

    @Test
    void shouldFailATestThatForgetsToPassItsFaultsOn() {
        assertThat(failureOf("forgets"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("chaos.upon(submission)");
    }

    @Test
    void shouldKeepTheMessageOfATestThatFailsByItself() {
        assertThat(failureOf("failsByItself")).hasMessage("by itself");
    }

    @Test
    void shouldFailWhereTheNumbersAreNotThoseOfTheUndisturbedRun() throws IOException {
        Chaos first = Chaos.of("kill worker-0 at step 1", 1);
        Chaos second = Chaos.of("kill worker-0 at step 1", 1);
        train(first.upon(job(folder.resolve("one"))));
        train(second.upon(job(folder.resolve("two"), "pando.job.seed = 7")));

        first.requireSurvivedLike(first.history());

        assertThatThrownBy(() -> second.requireSurvivedLike(first.history()))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("undisturbed");
    }

    @Test
    void shouldRefuseFaultsThatCannotReachTheWorkers() throws IOException {
        Submission overNodes = job(folder.resolve("run")).over(2);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Chaos.of("kill worker-0 at step 1", 1).upon(overNodes))
                .withMessageContaining("pando chaos run");
    }

    private static Throwable failureOf(String test) {
        LauncherDiscoveryRequest request =
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(selectMethod(Unlucky.class, test, Chaos.class.getName()))
                        .filters(EngineFilter.includeEngines("junit-jupiter"))
                        .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        return listener.getSummary().getFailures().stream()
                .map(TestExecutionSummary.Failure::getException)
                .findFirst()
                .orElseThrow();
    }

    private static JobResult train(Submission submission) {
        try (Pando pando = Pando.start(submission)) {
            return pando.job().done().toCompletableFuture().join();
        }
    }

    private Submission job(Path out, String... more) throws IOException {
        Path text = Files.writeString(folder.resolve("text.md"), "A grove is one organism of many stems. ".repeat(60));
        return Submission.of(
                ConfigFactory.parseString(
                        """
                        pando.job {
                          out = "%s"
                          steps = 6
                          workers = 2
                          model { hidden = 16, layers = 1, heads = 2, kv-heads = 1, intermediate = 24 }
                          data { paths = ["%s"], prepared = "%s", tokenizer.vocabulary = 300 }
                          batch { shards = 2, rows = 1, length = 16 }
                        }
                        %s
                        """
                                .formatted(out, text, folder.resolve("prepared"), String.join("\n", more))));
    }

    /// Tests that must fail: run by the tests above only.
    static final class Unlucky {
        @TempDir Path folder;

        @Test
        @Faults("kill worker-1 at step 600")
        void killsBeyondTheEnd(Chaos chaos) throws IOException {
            FaultsTest outer = new FaultsTest();
            outer.folder = folder;
            train(chaos.upon(outer.job(folder.resolve("run"))));
        }

        @Test
        @Faults("kill worker-1 at step 2")
        void forgets(Chaos chaos) {
            assertThat(chaos.firings()).isEmpty();
        }

        @Test
        @Faults("kill worker-1 at step 2")
        void failsByItself(Chaos chaos) {
            throw new IllegalStateException("by itself");
        }
    }
}
