package dev.pando.bench.grove;

import dev.pando.actors.job.JobEvent;
import dev.pando.actors.job.Stopwatch;
import dev.pando.bench.Spread;
import dev.pando.runtime.Pando;
import dev.pando.runtime.cluster.NodeLine;
import dev.pando.runtime.job.JobResult;
import dev.pando.runtime.job.Submission;
import dev.pando.runtime.processes.NodeProcess;
import dev.pando.runtime.settings.Settings;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A grove of node processes that trains a job, and a stopwatch on every event of it as a client hears it.
final class WatchedGrove implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 300;
    private static final int RECENT = 20;

    /// An event, and when it was heard.
    record Heard(JobEvent event, long atNs) {}

    private final Stopwatch stopwatch = Stopwatch.system();
    private final BlockingQueue<Heard> events = new LinkedBlockingQueue<>();
    private final Deque<Double> recent = new ArrayDeque<>();
    private final Pando pando;
    private long epoch;
    private long newest = -1;
    private long lastNs;
    private int redone;
    private double longestSeconds;

    /// @param nodes that share the job's workers
    WatchedGrove(Settings job, int nodes) {
        this.pando =
                Pando.start(
                        Submission.of(job)
                                .listening(event -> events.add(new Heard(event, stopwatch.nanos())))
                                .over(nodes));
    }

    Pando pando() {
        return pando;
    }

    long nowNs() {
        return stopwatch.nanos();
    }

    /// The node that leads the job, or one that does not.
    NodeProcess node(boolean leading, int pick) {
        var standing = pando.standing();
        String leader = standing.jobs().getFirst().node();
        List<String> names =
                standing.nodes().stream()
                        .filter(node -> node.system().equals(leader) == leading)
                        .map(NodeLine::name)
                        .toList();
        String name = names.get(pick % names.size());
        return pando.nodes().stream().filter(node -> node.name().equals(name)).findFirst().orElseThrow();
    }

    /// Median duration of the last steps, in seconds.
    double usualStep() {
        return Spread.median(recent.stream().mapToDouble(Double::doubleValue).toArray());
    }

    long epoch() {
        return epoch;
    }

    /// The next step to be committed.
    long position() {
        return newest + 1;
    }

    /// Steps that were committed more than once.
    int redone() {
        return redone;
    }

    /// The longest time between two committed steps since this was asked last, in seconds.
    double longestPause() {
        double longest = longestSeconds;
        longestSeconds = 0;
        return longest;
    }

    /// Waits until this many workers have taken part in this many steps one after the other.
    void awaitSteps(int workers, int steps) throws InterruptedException {
        for (int seen = 0; seen < steps; ) {
            JobEvent event = next().event();
            if (event instanceof JobEvent.StepCommitted committed) {
                seen = committed.workers() == workers ? seen + 1 : 0;
            }
        }
    }

    Heard await(Predicate<JobEvent> which) throws InterruptedException {
        while (true) {
            Heard heard = next();
            if (which.test(heard.event())) {
                return heard;
            }
        }
    }

    Heard next() throws InterruptedException {
        Heard heard = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (heard == null) {
            throw new IllegalStateException("nothing happened for " + PATIENCE_SECONDS + " s");
        }
        if (heard.event() instanceof JobEvent.Failed failed) {
            throw new IllegalStateException(failed.diagnosis());
        }
        if (heard.event() instanceof JobEvent.StepCommitted committed) {
            epoch = committed.epoch();
            redone += committed.step() <= newest ? 1 : 0;
            newest = Math.max(newest, committed.step());
            if (lastNs != 0) {
                double seconds = (heard.atNs() - lastNs) / 1e9;
                longestSeconds = Math.max(longestSeconds, seconds);
                recent.addLast(seconds);
                if (recent.size() > RECENT) {
                    recent.removeFirst();
                }
            }
            lastNs = heard.atNs();
        }
        return heard;
    }

    JobResult done() {
        return pando.job().done().toCompletableFuture().join();
    }

    /// Sends a process a signal.
    static void signal(String name, NodeProcess node) throws IOException, InterruptedException {
        int failed =
                new ProcessBuilder("kill", "-" + name, Long.toString(node.process().pid()))
                        .inheritIO()
                        .start()
                        .waitFor();
        if (failed != 0) {
            throw new IllegalStateException("no signal " + name + " for " + node);
        }
    }

    @Override
    public void close() {
        pando.close();
    }
}
