package dev.pando.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pando.runtime.folder.EventLine;
import dev.pando.runtime.folder.StepLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    private static final Pattern DATA =
            Pattern.compile("(?s)<script type=\"application/json\" id=\"data\">(.*?)</script>");

    @TempDir private Path temp;

    @Test
    void shouldNeedNothingFromTheNetwork() throws IOException {
        String page = Files.readString(Report.write(StagedRun.eventful(temp.resolve("run"), 120, 1)));

        assertThat(page.replace("http://www.w3.org/2000/svg", ""))
                .doesNotContain("http://", "https://", "src=", "@import", "url(//");
        assertThat(page).doesNotContain("/*style*/", "/*script*/", "/*data*/", "/*title*/");
    }

    /// By a browser, where there is one.
    @Test
    void shouldFitAPhone() throws IOException, InterruptedException {
        Path browser =
                Stream.of("/usr/bin/chromium", "/usr/bin/google-chrome")
                        .map(Path::of)
                        .filter(Files::exists)
                        .findFirst()
                        .orElse(null);
        assumeTrue(browser != null, "there is no Chromium here");
        Path page = Report.write(StagedRun.eventful(temp.resolve("run"), 120, 1));
        Path phone = temp.resolve("phone.html");
        Files.writeString(
                phone,
                "<iframe id=f style='width:375px;height:800px;border:0' src='"
                        + page.toUri()
                        + "'></iframe><script>f.onload = () => document.body.dataset.beyond ="
                        + " f.contentDocument.documentElement.scrollWidth -"
                        + " f.contentDocument.documentElement.clientWidth</script>");

        Process shown =
                new ProcessBuilder(
                                browser.toString(),
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--user-data-dir=" + temp.resolve("browser"),
                                "--allow-file-access-from-files",
                                "--dump-dom",
                                phone.toUri().toString())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        String document = new String(shown.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(shown.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(document).contains("data-beyond=\"0\"");
    }

    @Test
    void shouldCarryEveryCommittedStepAndTheSamplesAsTheyAre() throws IOException {
        JsonNode data = data(Report.write(StagedRun.eventful(temp.resolve("run"), 120, 1)));

        assertThat(data.at("/curves/loss")).hasSize(120);
        assertThat(data.at("/curves/step/119").asLong()).isEqualTo(119);
        assertThat(data.at("/outcome").asText()).isEqualTo("finished");
        assertThat(data.at("/samples/1/text").asText()).contains("<b>every</b>");
    }

    @Test
    void shouldTellEachFaultWithWhatWasDoneAndWhenItWasOver() {
        Path run = StagedRun.eventful(temp.resolve("run"), 120, 1);
        List<StepLine> steps = StepLine.read(run);
        List<EventLine> events = EventLine.read(run);

        List<Incident> incidents = Incident.of(steps, events, new Timeline(steps, events));

        assertThat(incidents).extracting(Incident::kind).containsExactly("fault", "fault", "resume");
        Incident first = incidents.getFirst();
        assertThat(first.what()).startsWith("worker-2 was lost: its thread threw IllegalStateException");
        assertThat(first.actions())
                .containsExactly(
                        "epoch 2 with worker-0, worker-1",
                        "reassign within step: its batch shards",
                        "batch shards 2, 5 went to worker-0",
                        "batch shard 7 went to worker-1");
        assertThat(first.before()).as("no step was committed between the fault and its notice").isLessThan(first.at());
        assertThat(first.committed()).isGreaterThan(first.at());
        assertThat(first.rejoined()).isGreaterThan(first.committed());
    }

    @Test
    void shouldLeaveOutTheTimeBetweenTwoSessions() {
        Path run = StagedRun.eventful(temp.resolve("run"), 120, 1);
        List<StepLine> steps = StepLine.read(run);
        Timeline timeline = new Timeline(steps, EventLine.read(run));

        assertThat(timeline.sessions()).hasSize(2);
        assertThat(timeline.end()).as("well under the three hours in between").isLessThan(600);
        assertThat(timeline.sessions().getLast().from()).isCloseTo(timeline.sessions().getFirst().to(), within(1e-9));
        assertThat(steps).extracting(step -> timeline.at(step.instant())).isSorted();
    }

    @Test
    void shouldCountTheStepsThatWereComputedOnceMore() throws IOException {
        JsonNode alone = data(Report.write(StagedRun.eventful(temp.resolve("alone"), 120, 1)));
        JsonNode grove = data(Report.write(StagedRun.ledByThree(temp.resolve("grove"))));

        assertThat(alone.at("/redone").asLong()).as("87 were committed, and it went on after 80").isEqualTo(7);
        assertThat(grove.at("/redone").asLong()).as("25 were committed, and the checkpoint held 18").isEqualTo(7);
        assertThat(grove.at("/incidents/3/what").asText())
                .isEqualTo("the job went back to step-18; 7 committed steps were computed once more");
    }

    @Test
    void shouldTellOfALostLeaderOnceAndKeepTheOutageOnTheAxis() {
        Path run = StagedRun.ledByThree(temp.resolve("run"));
        List<StepLine> steps = StepLine.read(run);
        List<EventLine> events = EventLine.read(run);
        Timeline timeline = new Timeline(steps, events);

        List<Incident> incidents = Incident.of(steps, events, timeline);

        assertThat(timeline.sessions()).hasSize(1);
        assertThat(timeline.end()).as("the minute without a leader is in it").isGreaterThan(60);
        assertThat(incidents).extracting(Incident::kind).containsExactly("fault", "resume", "fault", "warning");
        assertThat(incidents.getFirst().what())
                .isEqualTo("the job's supervisor was lost: another one went on after 10 steps");
        assertThat(incidents.getFirst().committed() - incidents.getFirst().before()).isGreaterThan(60);
        assertThat(incidents.get(2).what()).startsWith("worker-0 was lost");
    }

    @Test
    void shouldGiveEachDeviceOneLaneForAllItsIncarnations() {
        Path run = StagedRun.eventful(temp.resolve("run"), 120, 1);

        List<Timeline.Lane> lanes = new Timeline(StepLine.read(run), EventLine.read(run)).lanes();

        assertThat(lanes)
                .extracting(Timeline.Lane::device)
                .containsExactly("worker-0", "worker-1", "worker-2", "worker-3");
        assertThat(lanes.get(2).spans())
                .extracting(Timeline.Span::worker)
                .containsExactly("worker-2", "worker-2#2", "worker-2");
        assertThat(lanes.get(2).spans().getFirst().lost()).contains("IllegalStateException");
        assertThat(lanes.get(1).spans()).extracting(Timeline.Span::lost).containsOnlyNulls();
    }

    @Test
    void shouldDrawARunThatHasOnlyBegun() throws IOException {
        Path run = StagedRun.eventful(temp.resolve("run"), 120, 1);
        Files.writeString(run.resolve("steps.jsonl"), "");
        List<String> events = Files.readAllLines(run.resolve("events.jsonl"));
        Files.write(run.resolve("events.jsonl"), events.subList(0, 1));

        JsonNode data = data(Report.write(run));

        assertThat(data.at("/outcome").asText()).isEqualTo("unfinished");
        assertThat(data.at("/curves/loss")).isEmpty();
    }

    @Test
    void shouldSayWhereThereIsNoRun() {
        assertThatThrownBy(() -> Report.write(temp)).hasMessage(temp + " holds no run: there is no job.conf in it");
    }

    private static JsonNode data(Path page) throws IOException {
        Matcher matcher = DATA.matcher(Files.readString(page));
        assertThat(matcher.find()).isTrue();
        return JsonMapper.builder().build().readTree(matcher.group(1));
    }
}
