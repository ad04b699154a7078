package dev.pando.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.cluster.ControlClient;
import dev.pando.runtime.cluster.ControlProtocol;
import dev.pando.runtime.folder.StepLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.OwnJvm;
import dev.pando.runtime.settings.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// One node on a host and two on another, with a cable between them that delays and loses, is cut, and mended.
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class PartitionTest {
    private static final int MINORITY = 0;
    private static final int MAJORITY = 1;
    private static final List<Integer> PORTS = List.of(7401, 7402, 7403); // the first is the minority's
    private static final double PATIENCE_SECONDS = 150;
    private static final long A_MOMENT_MS = 100;
    private static final int ANSWER_MS = 10_000;
    private static final int MOST_JOBS = 6;
    private static final int FURTHER = 20; // steps

    private final Stopwatch stopwatch = Stopwatch.system();
    private final List<String> jobs = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    @TempDir private Path temp;

    private TinyJob tiny;
    private NamespacedHosts hosts;

    @Test
    void shouldCommitNothingInAMinorityAndGoOnInTheMajority() throws Exception {
        tiny = new TinyJob(temp);
        try (NamespacedHosts two = twoHosts()) {
            hosts = two;
            startNodes();
            String led = submitUntilTheMinorityLeads();
            await("steps of " + led, () -> step(MAJORITY, led) > 5);
            await("three workers at " + led, () -> status(MAJORITY, led).path("workers").size() == PORTS.size());

            two.cut(Set.of(MINORITY));

            assertMinorityHalts(led);
            for (String job : jobs) {
                long known = stepsOnDisk(job);
                await("the majority to go on with " + job, () -> step(MAJORITY, job) > known + FURTHER);
            }

            two.mend(Set.of(MINORITY));

            await("the minority to join again", () -> nodesUp(PORTS.size() - 1) == PORTS.size());
            for (String job : jobs) {
                await("three workers at " + job, () -> status(MAJORITY, job).path("workers").size() == PORTS.size());
                end(job);
            }
        } finally {
            endProcesses();
        }
        for (String job : jobs) {
            assertSameBitsAsUndisturbed(job);
        }
    }

    private static NamespacedHosts twoHosts() {
        try {
            return new NamespacedHosts(2, "delay 2ms loss 0.5%");
        } catch (IOException refused) {
            return abort("no network namespaces can be made here: " + refused.getMessage());
        }
    }

    private void startNodes() throws Exception {
        for (int i = 0; i < PORTS.size(); i++) {
            int node = i;
            pando(host(i), temp.resolve("node-" + i + ".out"), arguments(i));
            await("node-" + i, () -> nodesUp(node) == node + 1);
        }
    }

    /// Starts `pando …` on a host.
    private Process pando(int host, Path log, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(hosts.on(host));
        command.addAll(OwnJvm.command("dev.pando.runtime.cli.Main"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        processes.add(process);
        return process;
    }

    /// What a process holds, such as the lock of a folder, it holds until it has ended.
    private void endProcesses() throws InterruptedException {
        processes.forEach(Process::destroyForcibly);
        for (Process process : processes) {
            assertThat(process.waitFor((long) PATIENCE_SECONDS, TimeUnit.SECONDS)).as("the end of " + process).isTrue();
        }
    }

    private static int host(int node) {
        return node == 0 ? MINORITY : MAJORITY;
    }

    private List<String> arguments(int node) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "node",
                                "--name",
                                "node-" + node,
                                "--set",
                                "pando.grove.host=" + hosts.address(host(node)),
                                "--set",
                                "pando.grove.port=" + PORTS.get(node),
                                "--set",
                                "pando.grove.journal=" + temp.resolve("journal"),
                                "--log",
                                temp.resolve("node-" + node + ".log").toString()));
        if (node > 0) {
            arguments.addAll(List.of("--join", hosts.address(MINORITY) + ":" + PORTS.getFirst()));
        }
        return arguments;
    }

    /// The node with the fewest jobs gets the next.
    private String submitUntilTheMinorityLeads() throws Exception {
        String here = "@" + hosts.address(MINORITY) + ":";
        for (int i = 1; i <= MOST_JOBS; i++) {
            String job = "job-" + i;
            Path conf =
                    tiny.file(
                            job,
                            "pando.job.name = " + job,
                            "pando.job.steps = 100000000",
                            "pando.job.workers = 3",
                            "pando.job.checkpoint { every-steps = 500, keep = 2 }");
            String node = hosts.address(MAJORITY) + ":" + PORTS.getLast();
            Process submit =
                    pando(
                            MAJORITY,
                            temp.resolve("submit-" + i + ".out"),
                            List.of("submit", conf.toString(), "--to", node));
            assertThat(submit.waitFor()).as("submitting " + job).isZero();
            await("a leader of " + job, () -> step(MAJORITY, job) > 0);
            if (status(MAJORITY, job).path("node").asText().contains(here)) {
                jobs.add(job);
                return job;
            }
            end(job); // one at a time: of jobs that share devices one may have lost a worker to the other
        }
        return fail("the minority's node was given none of " + MOST_JOBS + " jobs");
    }

    private void end(String job) throws Exception {
        answer(MAJORITY, ControlProtocol.ask("end").put("job", job), "accepted");
        await("the end of " + job, () -> status(MAJORITY, job).path("phase").asText().equals("STOPPED"));
    }

    /// What it had in flight when the cable was cut it may still have committed, and nothing after that, until it ends.
    private void assertMinorityHalts(String job) throws Exception {
        long atMost = step(MINORITY, job) + 1;
        long begin = stopwatch.nanos();
        while (true) {
            JsonNode status = status(MINORITY, job);
            if (status.path("node").asText().isEmpty()) {
                return; // it knows by now that it is out
            }
            assertThat(status.path("step").asLong())
                    .as("steps of " + job + " in the minority")
                    .isLessThanOrEqualTo(atMost);
            assertThat(stopwatch.secondsSince(begin)).as("seconds for which it stays").isLessThan(PATIENCE_SECONDS);
            TimeUnit.MILLISECONDS.sleep(A_MOMENT_MS);
        }
    }

    private long step(int host, String job) {
        return status(host, job).path("step").asLong(-1);
    }

    /// Empty if unknown.
    private JsonNode status(int host, String job) {
        return answer(host, ControlProtocol.ask("status").put("job", job), "status");
    }

    private JsonNode answer(int host, ObjectNode question, String key) {
        return answer(
                hosts.address(host) + ":" + (host == MINORITY ? PORTS.getFirst() : PORTS.getLast()), question, key);
    }

    private static JsonNode answer(String node, ObjectNode question, String key) {
        try {
            return ControlClient.one(node, question, key, ANSWER_MS);
        } catch (ControlClient.Unanswered | UserError nobodyKnows) {
            return MissingNode.getInstance();
        }
    }

    /// As that node sees it.
    private int nodesUp(int node) {
        int up = 0;
        for (JsonNode member :
                answer(hosts.address(host(node)) + ":" + PORTS.get(node), ControlProtocol.ask("grove"), "nodes")) {
            up += member.path("status").asText().equals("up") ? 1 : 0;
        }
        return up;
    }

    private long stepsOnDisk(String job) {
        return StepLine.read(tiny.out(job)).size();
    }

    private void await(String what, BooleanSupplier condition) throws Exception {
        long begin = stopwatch.nanos();
        while (!condition.getAsBoolean()) {
            assertThat(stopwatch.secondsSince(begin)).as("seconds until " + what).isLessThan(PATIENCE_SECONDS);
            TimeUnit.MILLISECONDS.sleep(A_MOMENT_MS);
        }
    }

    /// Goes on from where the grove stopped, in one process, and looks at the hash of all that it holds.
    private void assertSameBitsAsUndisturbed(String job) throws Exception {
        List<StepLine> disturbed = StepLine.read(tiny.out(job));
        assertThat(disturbed).extracting(StepLine::step).doesNotHaveDuplicates().isSorted();
        String end = "steps=" + (disturbed.size() + 3);
        String schedule = "optimizer.schedule-steps=100000000";
        String name = "name=" + job;

        JobResult.Finished wentOn =
                finish(Submission.of(tiny.settings(job, name, end, schedule, "workers=2")).resuming(true));
        JobResult.Finished undisturbed =
                finish(Submission.of(tiny.settings("undisturbed-" + job, name, end, schedule, "workers=1")));

        assertThat(wentOn.hash()).isEqualTo(undisturbed.hash());
    }

    private static JobResult.Finished finish(Submission submission) throws Exception {
        try (Pando pando = Pando.start(submission)) {
            return (JobResult.Finished)
                    pando.job().done().toCompletableFuture().get((long) PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
