package dev.pando.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pando.chaos.junit.Chaos;
import dev.pando.chaos.junit.Faults;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedTrainingTest {
    @TempDir private Path temp;

    @Test
    void shouldTrainBesideTheServiceAndTellItsEnd() throws Exception {
        try (EmbeddedTraining service = EmbeddedTraining.start(Submission.of(tinyJob()), 0);
                HttpClient client = HttpClient.newHttpClient()) {
            JobResult result = service.await();
            HttpRequest question =
                    HttpRequest.newBuilder(URI.create("http://localhost:" + service.port() + "/training")).build();
            HttpResponse<String> answer = client.send(question, HttpResponse.BodyHandlers.ofString());

            assertThat(result).isInstanceOf(JobResult.Finished.class);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("finished, " + ((JobResult.Finished) result).hash() + "\n");
        }
    }

    @Test
    @Faults("kill worker-1 at step 2, hang worker-0 in reduce at step 3")
    void shouldTrainOnWhileWorkersDie(Chaos chaos) throws Exception {
        try (EmbeddedTraining service = EmbeddedTraining.start(chaos.upon(Submission.of(tinyJob())), 0)) {
            assertThat(service.await()).isInstanceOf(JobResult.Finished.class);
        }
    }

    private Path tinyJob() throws IOException {
        Files.writeString(temp.resolve("text.md"), "A grove is one organism of many stems. ".repeat(60));
        return Files.writeString(
                temp.resolve("job.conf"),
                """
                pando.job {
                  out = "%1$s/run"
                  steps = 5
                  workers = 2
                  model { hidden = 16, layers = 1, heads = 2, kv-heads = 1, intermediate = 24 }
                  data { paths = ["%1$s/text.md"], prepared = "%1$s/prepared", tokenizer.vocabulary = 300 }
                  batch { shards = 2, rows = 1, length = 16 }
                }
                """
                        .formatted(temp));
    }
}
