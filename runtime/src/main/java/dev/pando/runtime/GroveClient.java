package dev.pando.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.JobStatus;
import dev.pando.actors.job.Stopwatch;
import dev.pando.runtime.cluster.ControlClient;
import dev.pando.runtime.cluster.ControlProtocol;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.job.HistoryLine;
import dev.pando.runtime.job.Preparation;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.settings.Settings;
import dev.pando.runtime.settings.UserError;
import dev.pando.training.data.Progress;
import dev.pando.training.data.Statistics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// A grove as a client sees it: asks whichever of its nodes answers, and the next one when that one falls silent.
///
/// Calls block until there is an answer. A [UserError] says in one sentence why no answer came.
public final class GroveClient {
    private static final int ANSWER_MS = 20_000; // an owner of a job may be on its way to another node
    private static final int PREPARING_MS = 600_000; // between two signs of life
    private static final int WATCHING_MS = 5_000; // a node that lives says so every second
    private static final long BETWEEN_TRIES_MS = 50;
    private static final double PATIENCE_SECONDS = 10;
    private static final double PATIENCE_WITH_NOBODY_SECONDS = 1;

    /// How a grove stands.
    public record Standing(List<NodeLine> nodes, List<JobStatus> jobs) {
        public Standing {
            nodes = List.copyOf(nodes);
            jobs = List.copyOf(jobs);
        }
    }

    private final Supplier<List<String>> nodes;
    private final double patienceSeconds;
    private final Stopwatch stopwatch;
    private boolean isThere;

    /// @param nodes that may answer now
    GroveClient(Supplier<List<String>> nodes, double patienceSeconds, Stopwatch stopwatch) {
        this(nodes, patienceSeconds, stopwatch, true);
    }

    private GroveClient(Supplier<List<String>> nodes, double patienceSeconds, Stopwatch stopwatch, boolean isThere) {
        this.nodes = nodes;
        this.patienceSeconds = patienceSeconds;
        this.stopwatch = stopwatch;
        this.isThere = isThere;
    }

    /// @param nodes `host:port` of any of its nodes
    public static GroveClient at(List<String> nodes) {
        return new GroveClient(() -> nodes, PATIENCE_SECONDS, Stopwatch.system(), true);
    }

    /// For people, who want to know at once that no node listens there.
    ///
    /// @param nodes `host:port` of any of its nodes, at least one of which listens already
    public static GroveClient alreadyAt(List<String> nodes) {
        return new GroveClient(() -> nodes, PATIENCE_SECONDS, Stopwatch.system(), false);
    }

    /// Gives it a job. When this returns, the job goes on whatever dies.
    public void submit(Submission submission) {
        insist(node -> submit(node, submission));
    }

    public Standing status() {
        List<NodeLine> lines = new ArrayList<>();
        List<JobStatus> jobs = new ArrayList<>();
        insist(node -> {
            lines.clear();
            jobs.clear();
            ControlClient.ask(
                    node,
                    ControlProtocol.ask("grove"),
                    ANSWER_MS,
                    answer -> {
                        answer.path("nodes").forEach(line -> lines.add(ControlProtocol.read(line, NodeLine.class)));
                        answer.path("jobs").forEach(job -> jobs.add(ControlProtocol.read(job, JobStatus.class)));
                        return !answer.has("jobs");
                    });
            return !lines.isEmpty();
        });
        return new Standing(lines, jobs);
    }

    public JobStatus status(String job) {
        return ControlProtocol.read(one(ControlProtocol.ask("status").put("job", job), "status"), JobStatus.class);
    }

    /// The job's journal.
    public List<HistoryLine> history(String job) {
        List<HistoryLine> lines = new ArrayList<>();
        insist(node -> {
            lines.clear();
            ControlClient.ask(
                    node,
                    ControlProtocol.ask("history").put("job", job),
                    ANSWER_MS,
                    answer -> lines.add(ControlProtocol.read(answer.get("entry"), HistoryLine.class)));
            return true;
        });
        return lines;
    }

    /// Ends a job after the step in flight, with a checkpoint.
    ///
    /// @param now at once instead, with what is durable already
    public void end(String job, boolean now) {
        one(ControlProtocol.ask("end").put("job", job).put("now", now), "accepted");
    }

    /// Hears all that has happened and happens to a job, until its last event.
    ///
    /// @return that event
    public JobEvent watch(String job, Consumer<JobEvent> listener) {
        Watch watch = new Watch(job, listener);
        insist(watch::at);
        return watch.end;
    }

    private final class Watch {
        private final String job;
        private final Consumer<JobEvent> listener;
        private long entry;
        private long step = -1;
        private JobEvent end;

        Watch(String job, Consumer<JobEvent> listener) {
            this.job = job;
            this.listener = listener;
        }

        boolean at(String node) {
            ControlClient.ask(
                    node,
                    ControlProtocol.ask("watch").put("job", job).put("entry", entry).put("step", step),
                    WATCHING_MS,
                    answer -> {
                        if (answer.has("told")) {
                            hear(answer.get("told"));
                        }
                        return end == null && nodes.get() != null; // throws where there is no hope
                    });
            return end != null;
        }

        private void hear(JsonNode told) {
            JobEvent event = ControlProtocol.read(told.get("event"), JobEvent.class);
            switch (event) {
                case JobEvent.StepCommitted now when now.step() <= step -> {
                    return; // heard at another node
                }
                case JobEvent.StepCommitted now -> step = now.step();
                case JobEvent.Started started -> step = started.step() - 1;
                case JobEvent.StateLoaded loaded -> step = loaded.step() - 1;
                default -> {}
            }
            entry = Math.max(entry, told.path("entry").asLong());
            listener.accept(event);
            if (event.endsTheJob()) {
                end = event;
            }
        }
    }

    private JsonNode one(ObjectNode question, String key) {
        JsonNode[] answer = new JsonNode[1];
        insist(node -> {
            answer[0] = ControlClient.one(node, question, key, ANSWER_MS);
            return true;
        });
        return answer[0];
    }

    /// Tries at one node after the other until one has done it.
    private void insist(Predicate<String> at) {
        long begin = stopwatch.nanos();
        String reason = "the grove has no nodes";
        for (int tries = 0; isWorthATry(tries, stopwatch.secondsSince(begin)); tries++) {
            List<String> now = nodes.get();
            if (!now.isEmpty()) {
                try {
                    boolean isDone = at.test(now.get(tries % now.size()));
                    isThere = true;
                    if (isDone) {
                        return;
                    }
                    begin = stopwatch.nanos();
                } catch (ControlClient.Unanswered silent) {
                    reason = silent.getMessage();
                    isThere |= !silent.isRefused();
                }
            }
            pause();
        }
        throw UserError.failed(reason + "; --to names any node of a grove that runs");
    }

    private boolean isWorthATry(int tries, double seconds) {
        return isThere
                ? seconds < patienceSeconds
                : seconds < PATIENCE_WITH_NOBODY_SECONDS || tries < nodes.get().size();
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(BETWEEN_TRIES_MS);
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
            throw UserError.failed("interrupted", over);
        }
    }

    private static boolean submit(String node, Submission submission) {
        Settings settings = submission.settings();
        boolean[] accepted = new boolean[1];
        ControlClient.ask(
                node,
                ControlProtocol.ask("submit").put("config", settings.render()).put("resume", submission.resume()),
                PREPARING_MS,
                answer -> {
                    tell(answer, submission.preparation());
                    accepted[0] = answer.has("submitted");
                    return !accepted[0];
                });
        return accepted[0];
    }

    private static void tell(JsonNode answer, Preparation preparation) {
        if (answer.has("advanced")) {
            JsonNode told = answer.get("advanced");
            preparation.advanced(
                    Progress.Phase.valueOf(told.path("phase").asText()),
                    told.path("documents").asLong(),
                    told.path("bytes").asLong(),
                    told.path("total").asLong());
        } else if (answer.has("waiting")) {
            preparation.waiting(answer.get("waiting").asText());
        } else if (answer.has("prepared")) {
            preparation.prepared(ControlProtocol.read(answer.get("prepared"), Statistics.class));
        }
    }
}
